def booked_from(due_on, text):
    return None
