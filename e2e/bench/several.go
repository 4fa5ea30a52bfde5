package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// crowd is how many servers of so many tools stand behind one entry.
type crowd struct{ servers, tools int }

var (
	one   = crowd{1, 30}
	ten   = crowd{10, 30}
	fifty = crowd{50, 100}
)

// crowds are what the workspace has connections for: one of the three is a part of ten.
var crowds = []crowd{ten, fifty}

// connection is the name of one of its servers. All are alike, and the first has the
// tool that is called.
func (c crowd) connection(n int) string { return fmt.Sprintf("crowd%d_%02d", c.tools, n) }

// arguments are those of ucbridge for all of them.
func (c crowd) arguments() []string {
	args := []string{"stdio", "--route", "proxy"}
	for n := range c.servers {
		args = append(args, "--connection", c.connection(n))
	}
	return args
}

// crowdTools is the answer to tools/list, behind its id, of the server at an address that
// ends with a connection of a crowd; that of any other server else.
func crowdTools(address string) []byte {
	name := path.Base(address)
	digits, server, ok := strings.Cut(strings.TrimPrefix(name, "crowd"), "_")
	count, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return toolList
	}
	list := []byte(`,"result":{"tools":[`)
	for n := range count {
		tool := fmt.Sprintf("read_record_%s_%02d", server, n)
		if n == 0 && server == "00" {
			tool = "echo"
		}
		if n > 0 {
			list = append(list, ',')
		}
		list = fmt.Appendf(list, `{"name":%q,"description":"Reads a record of the table by its key, with its history where that is wanted, and returns it as text.",`+
			`"inputSchema":{"type":"object","properties":{"key":{"type":"string","description":"the key of the record"},"history":{"type":"boolean","description":"with all earlier versions"},`+
			`"limit":{"type":"integer","minimum":1,"maximum":100,"description":"how many versions"}},"required":["key"]},"annotations":{"readOnlyHint":true}}`, tool)
	}
	return append(list, `]}}`...)
}

// The rows of several servers.
const (
	rowSeveralStart  = "several/start"
	rowSeveralFar    = "several/start-far"
	rowSeveralP50    = "several/p50"
	rowSeveralMemory = "several/resident"
	rowSeveralCPU    = "several/list-cpu"
)

// severalPairs are how many starts a row of "several" is the median of; each of them makes
// severalCalls calls where calls are measured.
const (
	severalPairs = 15
	severalCalls = 2000
)

// measureSeveral compares one entry for ten servers with one for a single server of theirs,
// and takes the processor time up to a list of 5,000 tools of fifty.
func measureSeveral(ctx context.Context, r report, p programs, at site, s settings) error {
	w := wide{p, at}
	for _, row := range []struct {
		names   []string
		measure func(context.Context, report) error
	}{
		{[]string{rowSeveralStart}, func(ctx context.Context, r report) error { return w.severalStart(ctx, r, rowSeveralStart, at.secure) }},
		{[]string{rowSeveralFar}, w.severalStartFar},
		{[]string{rowSeveralP50, rowSeveralMemory}, w.severalCalls},
		{[]string{rowSeveralCPU}, w.severalListCPU},
	} {
		if !slices.ContainsFunc(row.names, s.wants) {
			continue
		}
		fmt.Fprintln(os.Stderr, row.names[0])
		if err := row.measure(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", row.names[0], err)
		}
	}
	return nil
}

// startCrowd starts ucbridge with all servers of a crowd and returns it when the first page
// of tools has come, and the time that took in ms. Nothing is remembered.
func (w wide) startCrowd(ctx context.Context, c crowd, workspace string) (*bridge, float64, error) {
	home, err := os.MkdirTemp(w.site.home, "several-")
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	process, err := startChild(ctx, w.environment(distants[0], workspace, home), w.programs.ucbridge, c.arguments()...)
	if err != nil {
		return nil, 0, err
	}
	b := &bridge{child: process, next: firstID + len(steps)}
	if err := errors.Join(ask(process, firstID, distants[0].requests()[0]), b.notify(notifyInitialized)); err != nil {
		return nil, 0, errors.Join(err, process.close())
	}
	if err := awaitTools(process, min(c.servers*c.tools, 1000)); err != nil {
		return nil, 0, errors.Join(err, process.close())
	}
	return b, milliseconds(time.Since(began)), nil
}

// awaitTools asks for the list of tools until it has so many.
func awaitTools(c *child, want int) error {
	for id := firstID + 1; ; {
		if _, err := fmt.Fprintf(c.in, `{"jsonrpc":"2.0","id":%d,"method":"tools/list","params":{}}`+"\n", id); err != nil {
			return err
		}
		line, err := c.out.ReadBytes('\n')
		if err != nil {
			return noEOF(err)
		}
		var message struct {
			Method string
			Result struct{ Tools []json.RawMessage }
		}
		if err := json.Unmarshal(line, &message); err != nil {
			return fmt.Errorf("reading %.200q: %w", line, err)
		}
		if message.Method == "" && len(message.Result.Tools) >= want {
			return nil
		}
	}
}

// severalStart compares the time from the start to the merged list.
func (w wide) severalStart(ctx context.Context, r report, name, workspace string) error {
	took := make(map[crowd][]float64)
	for range severalPairs {
		for _, c := range []crowd{one, ten} {
			b, ms, err := w.startCrowd(ctx, c, workspace)
			if err != nil {
				return err
			}
			if err := b.close(); err != nil {
				return err
			}
			took[c] = append(took[c], ms)
		}
	}
	ratio := median(ratios(took[ten], took[one]))
	r.line(name, ratio, fmt.Sprintf("one server %s ms, ten %s ms, ratio %s", plain(median(took[one])), plain(median(took[ten])), plain(ratio)))
	return nil
}

// severalStartFar is severalStart over a long line.
func (w wide) severalStartFar(ctx context.Context, r report) (err error) {
	line, workspace, err := w.line(distants[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, line.close()) }()
	return w.severalStart(ctx, r, rowSeveralFar, workspace)
}

// severalCalls compares calls by turns, and then the memory.
func (w wide) severalCalls(ctx context.Context, r report) error {
	p50, resident := make(map[crowd][]float64), make(map[crowd]float64)
	peers := make(map[crowd]*bridge)
	for _, c := range []crowd{one, ten} {
		b, _, err := w.startCrowd(ctx, c, w.site.secure)
		if err != nil {
			return err
		}
		defer b.close()
		peers[c] = b
	}
	const portion = 50
	for range severalCalls / portion {
		for _, c := range []crowd{one, ten} {
			s, err := peers[c].run(small, portion, 1)
			if err != nil {
				return err
			}
			p50[c] = append(p50[c], percentile(s, 50)*1000)
		}
	}
	for c, b := range peers {
		resident[c] = residentMB(b.pid())
	}
	ratio := median(ratios(p50[ten], p50[one]))
	r.line(rowSeveralP50, ratio, fmt.Sprintf("one server %s us, ten %s us, ratio %s", plain(median(p50[one])), plain(median(p50[ten])), plain(ratio)))
	memory := resident[ten] / resident[one]
	r.line(rowSeveralMemory, memory, fmt.Sprintf("one server %s MB, ten %s MB, ratio %s", plain(resident[one]), plain(resident[ten]), plain(memory)))
	return nil
}

// severalListCPU takes the processor time of the process up to the first page of 5,000 tools,
// beside that of a process with one server.
func (w wide) severalListCPU(ctx context.Context, r report) error {
	used := make(map[crowd][]float64)
	for range severalPairs {
		for _, c := range []crowd{one, fifty} {
			b, _, err := w.startCrowd(ctx, c, w.site.secure)
			if err != nil {
				return err
			}
			used[c] = append(used[c], cpuTime(b.pid()))
			if err := b.close(); err != nil {
				return err
			}
		}
	}
	r.line(rowSeveralCPU, median(used[fifty]), fmt.Sprintf("one server %s ms, fifty %s ms", plain(median(used[one])), plain(median(used[fifty]))))
	return nil
}
