"""catalina.out as Tomcat 10 and an application in it write it."""

import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from isdeploy_tui.demo.clock import Clock
from isdeploy_tui.demo.logfiles import MONTHS, LogFile


class CatalinaLog:
    """One catalina.out, open for appending as ``catalina.sh`` leaves it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._file = LogFile(path)
        self._clock = clock

    def tomcat(self, level: str, source: str, message: str, thread: str = "main") -> None:
        """Write a line of Tomcat's own (JULI's OneLineFormatter); ``message`` may go on over several lines."""
        now, millis = self._time()
        day = f"{now.tm_mday:02}-{MONTHS[now.tm_mon - 1]}-{now.tm_year}"
        self._file.write(f"{day} {_hour(now)}.{millis:03} {level} [{thread}] {source} {message}\n")

    def application(self, level: str, logger: str, message: str, thread: str) -> None:
        """Write a line of the application's logger; ``message`` may go on over several lines."""
        now, millis = self._time()
        self._file.write(f"{_hour(now)}.{millis:03} {level:5} [{thread}] {logger} - {message}\n")

    def rotate(self) -> None:
        """Start a new file if this one has grown large."""
        self._file.rotate()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _time(self) -> tuple[time.struct_time, int]:
        now = self._clock.now()
        return time.localtime(now), int(now % 1 * 1000)


def _hour(now: time.struct_time) -> str:
    return f"{now.tm_hour:02}:{now.tm_min:02}:{now.tm_sec:02}"


def startup_lines(connector: str, base: Path, millis: int) -> Sequence[tuple[float, str, str, str]]:
    """What Tomcat says when it starts, up to the connector: (part of the time passed, level, source, message)."""
    webapp = base / "webapps" / "ROOT"
    version = "org.apache.catalina.startup.VersionLoggerListener.log"
    return (
        (0.00, "INFO", version, "Server version name:   Apache Tomcat/10.1.60"),
        (0.00, "INFO", version, "OS Name:               Linux"),
        (0.00, "INFO", version, "JVM Version:           17.0.17+10-Debian-1deb12u1"),
        (0.00, "INFO", version, f"CATALINA_BASE:         {base}"),
        (0.00, "INFO", version, "Command line argument: -Xmx2048m"),
        (0.15, "INFO", "org.apache.coyote.AbstractProtocol.init", f'Initializing ProtocolHandler ["{connector}"]'),
        (
            0.02,
            "INFO",
            "org.apache.catalina.startup.Catalina.load",
            f"Server initialization in [{millis * 17 // 100}] milliseconds",
        ),
        (
            0.02,
            "INFO",
            "org.apache.catalina.core.StandardService.startInternal",
            "Starting service [Catalina]",
        ),
        (
            0.00,
            "INFO",
            "org.apache.catalina.core.StandardEngine.startInternal",
            "Starting Servlet engine: [Apache Tomcat/10.1.60]",
        ),
        (
            0.03,
            "INFO",
            "org.apache.catalina.startup.HostConfig.deployDirectory",
            f"Deploying web application directory [{webapp}]",
        ),
        (
            0.38,
            "INFO",
            "org.apache.jasper.servlet.TldScanner.scanJars",
            "At least one JAR was scanned for TLDs yet contained no TLDs. Enable debug logging for this logger for a "
            "complete list of JARs that were scanned but no TLDs were found in them. Skipping unneeded JARs during "
            "scanning can improve startup time and JSP compilation time.",
        ),
    )


def deployed_line(base: Path, millis: int) -> str:
    """What HostConfig says when the application is there, whether or not it started."""
    return f"Deployment of web application directory [{base / 'webapps' / 'ROOT'}] has finished in [{millis:,}] ms"


def leak_warning(thread: str) -> str:
    """The warning that a stopping Tomcat prints about a thread that the application left behind."""
    return (
        f"The web application [ROOT] appears to have started a thread named [{thread}] but has failed to stop it. "
        "This is very likely to create a memory leak. Stack trace of thread:\n"
        " java.base@17.0.17/jdk.internal.misc.Unsafe.park(Native Method)\n"
        " java.base@17.0.17/java.util.concurrent.locks.LockSupport.parkNanos(LockSupport.java:252)\n"
        " java.base@17.0.17/java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue.take("
        "ScheduledThreadPoolExecutor.java:1182)\n"
        " java.base@17.0.17/java.lang.Thread.run(Thread.java:840)"
    )


def failed_start(package: str) -> str:
    """The stack trace of an application that cannot start."""
    return (
        "Exception sending context initialized event to listener instance of class "
        f"[{package}.config.AppInitializer]\n"
        f"\tjava.lang.IllegalStateException: missing migration V42__orders.sql\n"
        f"\t\tat {package}.config.Migrations.verify(Migrations.java:87)\n"
        f"\t\tat {package}.config.AppInitializer.contextInitialized(AppInitializer.java:41)\n"
        "\t\tat org.apache.catalina.core.StandardContext.listenerStart(StandardContext.java:4094)\n"
        "\t\tat org.apache.catalina.core.StandardContext.startInternal(StandardContext.java:4519)\n"
        "\t\tat org.apache.catalina.util.LifecycleBase.start(LifecycleBase.java:164)"
    )


def trouble(package: str, rng: Random) -> str:
    """A stack trace as it comes now and then in any application, of which no visitor notices anything."""
    user = rng.randrange(1000, 9999)
    return (
        f"mail for user {user} was not sent, will be tried again\n"
        "jakarta.mail.MessagingException: Could not connect to SMTP host: mail.example, port: 25\n"
        "\tat org.eclipse.angus.mail.smtp.SMTPTransport.openServer(SMTPTransport.java:2245)\n"
        f"\tat {package}.mail.Mailer.send(Mailer.java:63)\n"
        f"\tat {package}.mail.Outbox.lambda$drain$0(Outbox.java:38)\n"
        "\tat java.base/java.lang.Thread.run(Thread.java:840)\n"
        "Caused by: java.net.SocketTimeoutException: Connect timed out\n"
        "\tat java.base/sun.nio.ch.NioSocketImpl.timedFinishConnect(NioSocketImpl.java:546)\n"
        "\t... 4 more"
    )
