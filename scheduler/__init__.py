"""Turns time into messages: due fetches, due outbox rows, nets for what was missed; collects dead letters."""
