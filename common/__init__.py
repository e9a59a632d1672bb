"""What every process shares; it knows none of them."""
