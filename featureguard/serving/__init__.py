"""What the API answers from: a picture of the store that is kept up to date, and one writer behind it."""
