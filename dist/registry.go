package main

import (
	"fmt"
	"path/filepath"
	"regexp"
)

// repository is where releases are published on GitHub.
type repository struct{ owner, name string }

var githubAddress = regexp.MustCompile(`^https://github\.com/([A-Za-z0-9][A-Za-z0-9-]*)/([A-Za-z0-9._-]+?)(?:\.git)?$`)

func parseRepository(address string) (repository, error) {
	match := githubAddress.FindStringSubmatch(address)
	if match == nil {
		return repository{}, fmt.Errorf("-repository %q is not of the form https://github.com/OWNER/NAME", address)
	}
	return repository{match[1], match[2]}, nil
}

func (r repository) url() string { return "https://github.com/" + r.owner + "/" + r.name }

// serverName is the name in the MCP registry, which gives each account of GitHub
// a namespace of its own.
func (r repository) serverName() string { return "io.github." + r.owner + "/ucbridge" }

// registrySchema is what the entry keeps to.
const registrySchema = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"

// registryEntry is what the MCP registry is told of a release, as server.json.
type registryEntry struct {
	Schema      string             `json:"$schema"`
	Name        string             `json:"name"`
	Title       string             `json:"title"`
	Description string             `json:"description"`
	Repository  registryRepository `json:"repository"`
	Version     string             `json:"version"`
	Packages    []registryPackage  `json:"packages"`
}

type registryRepository struct {
	URL    string `json:"url"`
	Source string `json:"source"`
}

// registryPackage is one bundle. The registry wants its address to be that of a
// release on GitHub, and clients compare the checksum.
type registryPackage struct {
	RegistryType string            `json:"registryType"`
	Identifier   string            `json:"identifier"`
	Version      string            `json:"version"`
	FileSHA256   string            `json:"fileSha256"`
	Transport    registryTransport `json:"transport"`
}

type registryTransport struct {
	Type string `json:"type"`
}

func (r release) registryPackage(p platform) (registryPackage, error) {
	bundle := r.name(p) + ".mcpb"
	sum, err := checksum(filepath.Join(r.out, bundle))
	return registryPackage{
		RegistryType: "mcpb",
		Identifier:   r.repository.url() + "/releases/download/v" + r.version + "/" + bundle,
		Version:      r.version,
		FileSHA256:   sum,
		Transport:    registryTransport{"stdio"},
	}, err
}

func (r release) registryEntry(packages []registryPackage) ([]byte, error) {
	return indented(registryEntry{
		Schema:      registrySchema,
		Name:        r.repository.serverName(),
		Title:       "Unity Catalog bridge",
		Description: summary,
		Repository:  registryRepository{r.repository.url(), "github"},
		Version:     r.version,
		Packages:    packages,
	})
}
