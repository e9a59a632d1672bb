"""The heart: one dunning procedure per overdue invoice, from the question to the company to the end."""
