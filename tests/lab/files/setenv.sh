# Read by catalina.sh. Short lives: a small heap, the simple collector and compiler start fastest.
. "$CATALINA_BASE/lab.sh"
CATALINA_PID=$CATALINA_BASE/tomcat.pid
CATALINA_OUT=$CATALINA_BASE/logs/catalina.out
CATALINA_OPTS="-Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlab.worker=$worker -Dlab.port=$port"
UMASK=0022
