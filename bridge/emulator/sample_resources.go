package emulator

import (
	"context"
	"fmt"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// contentsURI and issuesURI name a repository's file and its list of issues.
func contentsURI(owner, repo, path string) string {
	return "repo://" + owner + "/" + repo + "/contents/" + path
}

func issuesURI(owner, repo string) string { return "repo://" + owner + "/" + repo + "/issues" }

// addResources offers one file and one list of issues as resources, every file
// by a template, and a prompt.
func (s *sample) addResources() {
	s.mcp.AddResource(mcp.NewResource(contentsURI("octo", "hello-mcp", "README.md"), "hello-mcp README",
		mcp.WithMIMEType("text/markdown")), s.readFile)
	s.mcp.AddResource(mcp.NewResource(issuesURI("octo", "hello-mcp"), "hello-mcp issues",
		mcp.WithMIMEType("application/json")), s.readIssues)
	s.mcp.AddResourceTemplate(mcp.NewResourceTemplate("repo://{owner}/{repo}/contents{/path*}", "Repository contents",
		mcp.WithTemplateDescription("Any file of any repository")), s.readFile)
	s.mcp.AddPrompt(mcp.NewPrompt("triage_issues",
		mcp.WithPromptDescription("Sort the open issues of a repository by urgency"),
		mcp.WithArgument("owner", mcp.RequiredArgument(), mcp.ArgumentDescription("Owner of the repository")),
		mcp.WithArgument("repo", mcp.RequiredArgument(), mcp.ArgumentDescription("Name of the repository")),
	), s.triageIssues)
}

// parts splits "repo://owner/name/rest".
func parts(uri string) (owner, repo, rest string, ok bool) {
	plain, ok := strings.CutPrefix(uri, "repo://")
	segments := strings.SplitN(plain, "/", 3)
	if !ok || len(segments) != 3 {
		return "", "", "", false
	}
	return segments[0], segments[1], segments[2], true
}

func (s *sample) readFile(_ context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	uri := req.Params.URI
	if owner, repo, rest, ok := parts(uri); ok {
		if text, ok := s.forge.file(owner, repo, unescaped(strings.TrimPrefix(rest, "contents/"))); ok {
			return []mcp.ResourceContents{mcp.TextResourceContents{URI: uri, MIMEType: "text/plain", Text: text}}, nil
		}
	}
	return nil, fmt.Errorf("reading %s: %w", uri, server.ErrResourceNotFound)
}

func (s *sample) readIssues(_ context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	uri := req.Params.URI
	if owner, repo, _, ok := parts(uri); ok {
		if issues, ok := s.forge.issues(owner, repo, ""); ok {
			return []mcp.ResourceContents{mcp.TextResourceContents{URI: uri, MIMEType: "application/json", Text: string(mustMarshal(issues))}}, nil
		}
	}
	return nil, fmt.Errorf("reading %s: %w", uri, server.ErrResourceNotFound)
}

func (s *sample) triageIssues(_ context.Context, req mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	owner, repo := req.Params.Arguments["owner"], req.Params.Arguments["repo"]
	issues, ok := s.forge.issues(owner, repo, "open")
	if !ok {
		return nil, fmt.Errorf("repository %s/%s not found", owner, repo)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "Sort the open issues of %s/%s by urgency:\n", owner, repo)
	for _, i := range issues {
		fmt.Fprintf(&text, "- #%d %s\n", i.Number, i.Title)
	}
	return mcp.NewGetPromptResult("Open issues of "+owner+"/"+repo, []mcp.PromptMessage{
		mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(text.String())),
	}), nil
}
