"""What the servers' own configuration says: httpd's and Tomcat's, as text in and facts out, no I/O."""
