// Package jsonschema stands in for the JSON Schema validator that mcp-go's server
// package imports. The real one compiles five meta-schemas whenever a process
// starts, which is more than half of the start of ucbridge, and mcp-go uses it
// only with server.WithInputSchemaValidation and its like, which ucbridge does
// not use. The main module's go.mod puts this module in its place.
//
// It has what mcp-go names and nothing else. Whoever switches validation on gets
// an error at the first tool call.
package jsonschema

import (
	"encoding/json"
	"errors"
	"io"
)

var errNotLinked = errors.New("JSON Schema validation is not linked into this program")

// UnmarshalJSON decodes a JSON document with its numbers as json.Number.
func UnmarshalJSON(r io.Reader) (any, error) {
	d := json.NewDecoder(r)
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// Compiler compiles nothing.
type Compiler struct{}

// NewCompiler returns a Compiler.
func NewCompiler() *Compiler { return &Compiler{} }

// AddResource always fails.
func (*Compiler) AddResource(string, any) error { return errNotLinked }

// Compile always fails.
func (*Compiler) Compile(string) (*Schema, error) { return nil, errNotLinked }

// Schema validates nothing.
type Schema struct{}

// Validate always fails.
func (*Schema) Validate(any) error { return errNotLinked }

// ValidationError is never returned.
type ValidationError struct {
	InstanceLocation []string
	ErrorKind        any
	Causes           []*ValidationError
}

func (*ValidationError) Error() string { return errNotLinked.Error() }
