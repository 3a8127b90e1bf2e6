<%@ page contentType="text/plain;charset=UTF-8" session="false" trimDirectiveWhitespaces="true"
         import="java.nio.file.Files,java.nio.file.Path" %>
<%!
  private String worker, version;
  private volatile boolean broken;

  // Once a start: a version that was installed but not started must not show.
  public void jspInit() {
    worker = System.getProperty("lab.worker");
    try {
      version = Files.readString(Path.of(System.getProperty("catalina.base"), "version")).trim();
    } catch (java.io.IOException missing) {
      version = "none";
    }
    broken = version.endsWith("-broken");
  }
%>
<%
  if (request.getParameter("log") != null) System.out.println(request.getParameter("log"));
  String session_id = "-";
  if (request.getParameter("session") != null) {
    session_id = request.getSession().getId();
  } else if (request.getSession(false) != null) {
    session_id = request.getSession(false).getId();
  }
  response.setHeader("X-Worker", worker);
  response.setHeader("X-Version", version);
  if (broken) response.setStatus(500);
%>worker=<%= worker %> version=<%= version %> session=<%= session_id %>
<%
  // Once a part of the body is on its way, mod_jk can't quietly ask another member when this one goes away.
  if (request.getParameter("begin") != null) out.flush();
  if (request.getParameter("sleep") != null) Thread.sleep(Long.parseLong(request.getParameter("sleep")));
%> end
