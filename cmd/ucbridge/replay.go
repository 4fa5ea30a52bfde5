package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/record"
)

func newReplay(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "replay FILE",
		Short: "Answer an AI client as a recorded session did",
		Long: `Answer an AI client on stdin and stdout as the server did in the last session that
"ucbridge stdio --record FILE" recorded. No server is asked, and nothing runs. Each
request gets the answer that it got then, after what the server sent on its own before
it. A request that was not recorded gets an error.`,
		Example: `  ucbridge stdio --connection github --record session.jsonl
  ucbridge replay session.jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("missing file of a recorded session"), []string{"record one with: ucbridge stdio --connection github --record session.jsonl"}}
			}
			return noArgs(cmd, args[1:])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			session, err := record.Read(args[0])
			if err != nil {
				return usageError{error: err}
			}
			return replay(cmd.Context(), record.NewPlayer(session), s.in, s.out)
		},
	}
}

// maxReplayed is how long a line of the client may be, in bytes.
const maxReplayed = 64 << 20

func replay(ctx context.Context, p *record.Player, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxReplayed)
	for lines.Scan() && ctx.Err() == nil {
		m, err := jsonrpc.Parse(lines.Bytes())
		if err != nil {
			continue // nobody answers what is no message in a record either
		}
		for _, answer := range p.Handle(m) {
			if _, err := fmt.Fprintf(out, "%s\n", answer); err != nil {
				return fmt.Errorf("writing to the client: %w", err)
			}
		}
	}
	return lines.Err()
}
