#!/usr/bin/env bash
# Guess:   an SDK cuts a completion at the 100 values that the specification allows and says
#          hasMore, as TypeScript's and fastmcp do; a client that is given more takes what it needs.
# Instead: a Go SDK server sends all that its handler returns, without a word. Its own client
#          takes them. The TypeScript clients 1.x and 2.x refuse the whole answer: their user,
#          who would see 100 suggestions from another server, sees an error or none at all.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, npm @modelcontextprotocol/sdk 1.32.2,
#          @modelcontextprotocol/client 2.4.0
# Output:  a handler with 150 values: go-sdk client 150; ts-1 client refuses; ts-2 client refuses
#          a handler with 100 values: go-sdk client 100; ts-1 client 100; ts-2 client 100
# Matters: completions work in a test with few names and break on the day when there are 101
#          catalogs. A server in Go cuts its values and sets total and hasMore by itself.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// main serves as many completions as its argument says, or asks such a server for them.
func main() {
	ctx := context.Background()
	if os.Args[1] == "ask" {
		client := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil)
		session, err := client.Connect(ctx, &mcp.CommandTransport{Command: exec.Command(os.Args[0], os.Args[2])}, nil)
		if err != nil {
			panic(err)
		}
		result, err := session.Complete(ctx, &mcp.CompleteParams{Ref: &mcp.CompleteReference{Type: "ref/prompt", Name: "p"}, Argument: mcp.CompleteParamsArgument{Name: "a", Value: "v"}})
		if err != nil {
			fmt.Println("refuses")
			return
		}
		fmt.Println(len(result.Completion.Values))
		return
	}
	count, _ := strconv.Atoi(os.Args[1])
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, &mcp.ServerOptions{
		CompletionHandler: func(context.Context, *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
			values := make([]string, count)
			for i := range values {
				values[i] = fmt.Sprint("v", i)
			}
			return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: values}}, nil
		},
	})
	s.AddPrompt(&mcp.Prompt{Name: "p", Arguments: []*mcp.PromptArgument{{Name: "a"}}}, func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return &mcp.GetPromptResult{}, nil
	})
	s.Run(ctx, &mcp.StdioTransport{})
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > check.mjs <<'EOF'
import { execFileSync } from 'node:child_process';
import * as one from '@modelcontextprotocol/sdk/client/index.js';
import * as two from '@modelcontextprotocol/client';
import * as stdio1 from '@modelcontextprotocol/sdk/client/stdio.js';
import * as stdio2 from '@modelcontextprotocol/client/stdio';
const seen = [];
for (const count of ['150', '100']) {
  const row = [`go-sdk client ${execFileSync('./server', ['ask', count], { encoding: 'utf8' }).trim()}`];
  for (const [name, Client, Transport] of [['ts-1', one.Client, stdio1.StdioClientTransport], ['ts-2', two.Client, stdio2.StdioClientTransport]]) {
    const client = new Client({ name: 'c', version: '1' });
    await client.connect(new Transport({ command: './server', args: [count] }));
    const result = await client.complete({ ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: 'v' } }).catch(error => /too_big/.test(error.message) ? 'refuses' : error.message);
    row.push(`${name} client ${result.completion?.values.length ?? result}`);
    await client.close();
  }
  seen.push(`a handler with ${count} values: ${row.join('; ')}`);
}
console.log(seen.join('\n'));
if (seen.join('\n') !== `a handler with 150 values: go-sdk client 150; ts-1 client refuses; ts-2 client refuses
a handler with 100 values: go-sdk client 100; ts-1 client 100; ts-2 client 100`) {
  console.log('CHANGED: completions are taken otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
