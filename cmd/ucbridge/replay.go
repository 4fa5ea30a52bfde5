package main

import (
	"bufio"
	"context"
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
		Long: `Answer an AI client on stdin and stdout as the server did in a session that
"ucbridge stdio --record FILE" has kept, the last one in the file. Nobody is asked, and
nothing runs. A request gets the answer that the same request got then, with what the
server said on its own before it; one that was not made then gets an error.`,
		Example: `  ucbridge stdio --connection github --record session.jsonl
  ucbridge replay session.jsonl`,
		Args: cobra.ExactArgs(1),
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
