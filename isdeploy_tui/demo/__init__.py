"""An embedded world to try the program on: SSH server, balancer, Tomcats and visitors in one process."""
