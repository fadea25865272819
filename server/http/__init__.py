"""The REST side: sign-in, look-ups, commands without a socket, and the browser apps' files."""
