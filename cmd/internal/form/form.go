// Package form puts the questions of an MCP server before the user at a terminal
// (elicitation, MCP 2025-06-18 and later). It sends nothing that the user has not
// typed or confirmed, and opens no link by itself.
package form

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/cmd/internal/terminal"
)

// Asker answers elicitations by asking the user. It is safe for concurrent use;
// questions are asked one after the other.
type Asker struct {
	Console *terminal.Console
	// Server is who asks, in the user's own words: the name of the target.
	Server string
}

// Elicit implements mcp-go's client.ElicitationHandler.
func (a *Asker) Elicit(ctx context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	var answer mcp.ElicitationResponse
	err := a.Console.Talk(func(d terminal.Dialogue) (err error) {
		q := question{d, ctx}
		if request.Params.Mode == mcp.ElicitationModeURL {
			answer.Action, err = q.link(a.Server, request.Params)
			return err
		}
		answer, err = q.form(a.Server, request.Params)
		return err
	})
	if errors.Is(err, io.EOF) {
		return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionCancel}}, nil
	}
	if err != nil {
		return nil, err
	}
	return &mcp.ElicitationResult{ElicitationResponse: answer}, nil
}

// question is one elicitation while it is being asked. Its methods return io.EOF
// when the user presses Ctrl-D, which cancels it.
type question struct {
	terminal.Dialogue
	ctx context.Context
}

// link asks for consent to open a link (URL mode).
func (q question) link(server string, params mcp.ElicitationParams) (mcp.ElicitationResponseAction, error) {
	address, err := url.Parse(params.URL)
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" {
		q.Say("%s wants a link opened that is no web address; declined: %s", server, terminal.Line(params.URL))
		return mcp.ElicitationResponseActionDecline, nil
	}
	host := strings.Trim(strconv.QuoteToASCII(address.Host), `"`)
	q.Say("%s asks you to open a link in your browser:\n  %s\n  host: %s\n  link: %s\n(Ctrl-D cancels)",
		server, terminal.Line(params.Message), host, terminal.Line(params.URL))
	action, err := q.choose("Will you open it?", "")
	if err == nil && action == mcp.ElicitationResponseActionAccept {
		q.Say("Nothing is opened for you: copy the link into your browser.")
	}
	return action, err
}

// form asks for values (form mode).
func (q question) form(server string, params mcp.ElicitationParams) (mcp.ElicitationResponse, error) {
	schema, err := json.Marshal(params.RequestedSchema)
	if err != nil {
		return mcp.ElicitationResponse{}, err
	}
	fields := fieldsOf(schema)
	q.Say("%s asks:\n  %s\n(Ctrl-D cancels)", server, terminal.Line(params.Message))
	if len(fields) == 0 {
		action, err := q.choose("Do you agree?", "")
		if err != nil || action != mcp.ElicitationResponseActionAccept {
			return mcp.ElicitationResponse{Action: action}, err
		}
		return mcp.ElicitationResponse{Action: action, Content: map[string]any{}}, nil
	}
	for {
		values, err := q.fill(fields)
		if err != nil {
			return mcp.ElicitationResponse{}, err
		}
		action := mcp.ElicitationResponseActionAccept
		if len(fields) > 1 { // with one field, its own line end was the consent
			q.review(fields, values)
			if action, err = q.choose("Send this?", "edit"); err != nil {
				return mcp.ElicitationResponse{}, err
			}
		}
		switch action {
		case again:
		case mcp.ElicitationResponseActionAccept:
			return mcp.ElicitationResponse{Action: action, Content: values}, nil
		default:
			return mcp.ElicitationResponse{Action: action}, nil
		}
	}
}

// again is the choice to change the answers.
const again mcp.ElicitationResponseAction = "again"

// choose asks until the user says yes or no, or the other word there is. Nothing
// is taken for yes but yes.
func (q question) choose(prompt, other string) (mcp.ElicitationResponseAction, error) {
	words := "yes/no"
	if other != "" {
		words += "/" + other
	}
	for {
		text, err := q.Ask(q.ctx, prompt+" ["+words+"]")
		if err != nil {
			return "", err
		}
		switch text = strings.ToLower(text); {
		case text == "y" || text == "yes":
			return mcp.ElicitationResponseActionAccept, nil
		case text == "n" || text == "no":
			return mcp.ElicitationResponseActionDecline, nil
		case other != "" && text != "" && strings.HasPrefix(other, text):
			return again, nil
		}
	}
}

// fill asks for each field until its value is valid.
func (q question) fill(fields []field) (map[string]any, error) {
	values := make(map[string]any)
	for _, f := range fields {
		q.describe(f)
		for {
			text, err := q.Ask(q.ctx, f.prompt())
			if err != nil {
				return nil, err
			}
			value, err := f.read(text)
			if err != nil {
				q.Say("  %s", err)
				continue
			}
			if value != nil {
				values[f.Name] = value
			}
			break
		}
	}
	return values, nil
}

// describe says what a field is, where its prompt does not.
func (q question) describe(f field) {
	if f.Description != "" {
		q.Say("%s", terminal.Line(f.Description))
	}
	for i, c := range f.choices {
		q.Say("  %d) %s", i+1, terminal.Line(c.title))
	}
}

// review shows what is about to be sent.
func (q question) review(fields []field, values map[string]any) {
	for _, f := range fields {
		if value, given := values[f.Name]; given {
			shown, err := json.Marshal(value)
			if err != nil {
				shown = []byte("?")
			}
			q.Say("  %s: %s", terminal.Line(f.label()), shown)
		}
	}
}
