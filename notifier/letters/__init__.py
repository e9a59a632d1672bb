"""What each letter says, and to whom; pure. One file a subject; the words are in templates/."""
