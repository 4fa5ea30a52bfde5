"""The two flows of the Databricks Apps cookbook, "Connect an MCP server", with the
Databricks SDK for Python. Prints what their pages show."""

import json
import os

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.serving import ExternalFunctionRequestHttpMethod


def session_of(response):
    for name, value in response.headers.items():
        if name.lower() == "mcp-session-id":
            return value
    return None


def per_user(connection, host, token):
    """The user's token, as an App gets it in x-forwarded-access-token."""
    w = WorkspaceClient(host=host, token=token, auth_type="pat")
    response = w.serving_endpoints.http_request(
        conn=connection,
        method=ExternalFunctionRequestHttpMethod.POST,
        path="/",
        json={"jsonrpc": "2.0", "id": "init-1", "method": "initialize", "params": {}},
    )
    headers = {"Content-Type": "application/json"}
    session = session_of(response)
    if session:
        headers["Mcp-Session-Id"] = session
    response = w.serving_endpoints.http_request(
        conn=connection,
        method=ExternalFunctionRequestHttpMethod.POST,
        path="/",
        headers=headers,
        json={"jsonrpc": "2.0", "id": "list-1", "method": "tools/list"},
    )
    return session, response.json()


def bearer(connection):
    """The App's own credentials: its service principal."""
    w = WorkspaceClient()
    response = w.serving_endpoints.http_request(
        conn=connection,
        method=ExternalFunctionRequestHttpMethod.POST,
        path="/",
        json={"jsonrpc": "2.0", "id": "init-1", "method": "initialize", "params": {}},
    )
    return response.json()


session, tools = per_user("github_u2m_connection", os.environ["DATABRICKS_HOST"], os.environ["USER_TOKEN"])
print(json.dumps({"session": session, "tools": tools, "bearer": bearer("github")}, indent=2))
