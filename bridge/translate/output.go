package translate

import (
	"bytes"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// Until 2025-11-25 the output of a tool is an object (schema.ts: Tool.outputSchema
// has type "object", CallToolResult.structuredContent is an object); 2026-07-28 takes
// any value. A client of the TypeScript SDK refuses a whole list for one such schema.

// withObjectSchemas returns an answer to tools/list without the output schemas that
// are not of an object, and the names of the tools that had one.
func withObjectSchemas(answer jsonrpc.Message) (jsonrpc.Message, []string) {
	var names []string
	tools, found := jsonrpc.Find(answer.Raw, "result", "tools")
	if !found {
		return answer, nil
	}
	var kept [][]byte
	for _, tool := range jsonrpc.Elements(answer.Raw[tools.Start:tools.End]) {
		if schema := jsonrpc.Value(tool, "outputSchema"); schema != nil && jsonrpc.Text(schema, "type") != "object" {
			names = append(names, jsonrpc.Text(tool, "name"))
			tool = jsonrpc.Remove(bytes.Clone(tool), "outputSchema")
		}
		kept = append(kept, tool)
	}
	if names == nil {
		return answer, nil
	}
	list := append(append([]byte{'['}, bytes.Join(kept, []byte{','})...), ']')
	return reparsed(answer, jsonrpc.Set(answer.Raw, list, "result", "tools")), names
}

// withObjectOutput returns an answer to tools/call without an output that is no
// object. Its text says the same; where there is none, the output becomes one.
func withObjectOutput(answer jsonrpc.Message) jsonrpc.Message {
	output := jsonrpc.Value(answer.Result, "structuredContent")
	if output == nil || output[0] == '{' {
		return answer
	}
	raw := jsonrpc.Remove(mcp.WithText(answer), "result", "structuredContent")
	return reparsed(answer, raw)
}

// reparsed reads an answer after an edit, and is the answer as it was where that
// cannot be read.
func reparsed(answer jsonrpc.Message, raw []byte) jsonrpc.Message {
	if m, err := jsonrpc.Parse(raw); err == nil {
		return m
	}
	return answer
}
