"""The status page: rendered here, readable without JavaScript, livelier with a little."""
