"""Ways to start workers. What a worker does is the same in all of them."""
