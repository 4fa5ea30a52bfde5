package otlp

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"mime"
	"strings"
)

// contentTypes are the media types of a request in protobuf and in JSON.
var contentTypes = map[bool]string{false: "application/x-protobuf", true: "application/json"}

// encode returns the request in JSON or protobuf.
func (r request) encode(inJSON bool) ([]byte, error) {
	if inJSON {
		return json.Marshal(r)
	}
	var p protobuf
	for _, of := range r.ResourceSpans {
		p.message(1, of.encode)
	}
	return p, nil
}

// protobuf is a message in protobuf's binary form (protobuf.dev/programming-guides/encoding).
// A field with its zero value is left out, as proto3 does.
type protobuf []byte

// The wire types of fields.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

func (p *protobuf) tag(field, wire int) { *p = binary.AppendUvarint(*p, uint64(field)<<3|uint64(wire)) }

func (p *protobuf) varint(field int, value uint64) {
	if value != 0 {
		p.tag(field, wireVarint)
		*p = binary.AppendUvarint(*p, value)
	}
}

func (p *protobuf) fixed64(field int, value uint64) {
	if value != 0 {
		p.tag(field, wireFixed64)
		*p = binary.LittleEndian.AppendUint64(*p, value)
	}
}

func (p *protobuf) bytes(field int, value []byte) {
	if len(value) > 0 {
		p.tag(field, wireBytes)
		*p = append(binary.AppendUvarint(*p, uint64(len(value))), value...)
	}
}

func (p *protobuf) text(field int, value string) {
	if value != "" {
		p.string(field, value)
	}
}

// string writes a text even if it is empty. What is no UTF-8, as a header that a caller sent
// may be, is replaced: a collector would refuse the whole batch for it.
func (p *protobuf) string(field int, value string) {
	value = strings.ToValidUTF8(value, "\uFFFD")
	p.tag(field, wireBytes)
	*p = append(binary.AppendUvarint(*p, uint64(len(value))), value...)
}

// message writes a message inside this one. It is there even if it is empty.
func (p *protobuf) message(field int, encode func(*protobuf)) {
	var inner protobuf
	encode(&inner)
	p.tag(field, wireBytes)
	*p = append(binary.AppendUvarint(*p, uint64(len(inner))), inner...)
}

func (r resourceSpans) encode(p *protobuf) {
	p.message(1, func(p *protobuf) { encodeAll(p, 1, r.Resource.Attributes) })
	for _, s := range r.ScopeSpans {
		p.message(2, s.encode)
	}
	p.text(3, r.SchemaURL)
}

func (s scopeSpans) encode(p *protobuf) {
	p.message(1, func(p *protobuf) {
		p.text(1, s.Scope.Name)
		p.text(2, s.Scope.Version)
	})
	for _, one := range s.Spans {
		p.message(2, one.encode)
	}
	p.text(3, s.SchemaURL)
}

func (s span) encode(p *protobuf) {
	p.bytes(1, s.TraceID)
	p.bytes(2, s.SpanID)
	p.text(3, s.TraceState)
	p.bytes(4, s.ParentSpanID)
	p.text(5, s.Name)
	p.varint(6, uint64(s.Kind))
	p.fixed64(7, s.Start)
	p.fixed64(8, s.End)
	encodeAll(p, 9, s.Attributes)
	p.varint(10, uint64(s.DroppedAttributes))
	for _, l := range s.Links {
		p.message(13, l.encode)
	}
	p.message(15, func(p *protobuf) {
		p.text(2, s.Status.Message)
		p.varint(3, uint64(s.Status.Code))
	})
	p.flags(16, s.Flags)
}

func (l link) encode(p *protobuf) {
	p.bytes(1, l.TraceID)
	p.bytes(2, l.SpanID)
	p.text(3, l.TraceState)
	encodeAll(p, 4, l.Attributes)
	p.varint(5, uint64(l.DroppedAttributes))
	p.flags(6, l.Flags)
}

func (p *protobuf) flags(field int, flags uint32) {
	if flags != 0 {
		p.tag(field, wireFixed32)
		*p = binary.LittleEndian.AppendUint32(*p, flags)
	}
}

func encodeAll(p *protobuf, field int, all []keyValue) {
	for _, kv := range all {
		p.message(field, func(p *protobuf) {
			p.text(1, kv.Key)
			p.message(2, kv.Value.encode)
		})
	}
}

// encode writes the value even if it is zero: it says which kind it is.
func (v anyValue) encode(p *protobuf) {
	switch {
	case v.String != nil:
		p.string(1, *v.String)
	case v.Bool != nil:
		p.tag(2, wireVarint)
		*p = append(*p, map[bool]byte{false: 0, true: 1}[*v.Bool])
	case v.Int != nil:
		p.tag(3, wireVarint)
		*p = binary.AppendUvarint(*p, uint64(*v.Int))
	case v.Double != nil:
		p.tag(4, wireFixed64)
		*p = binary.LittleEndian.AppendUint64(*p, math.Float64bits(*v.Double))
	case v.Array != nil:
		p.message(5, func(p *protobuf) {
			for _, one := range v.Array.Values {
				p.message(1, one.encode)
			}
		})
	}
}

// rejection returns what a collector says that took only a part, nil if it took all
// or says nothing that can be read: the answer has another form than the request
// only from a collector that breaks the protocol.
func rejection(contentType string, answer []byte) error {
	if len(answer) == 0 {
		return nil
	}
	var rejected int64
	var message string
	switch media, _, _ := mime.ParseMediaType(contentType); media {
	case contentTypes[true]:
		var said struct {
			PartialSuccess struct {
				RejectedSpans json.Number // a string in the protocol's JSON, a number from some
				ErrorMessage  string
			}
		}
		if err := json.Unmarshal(answer, &said); err != nil {
			return fmt.Errorf("reading the collector's answer: %w", err)
		}
		rejected, _ = said.PartialSuccess.RejectedSpans.Int64() // "" is none
		message = said.PartialSuccess.ErrorMessage
	case contentTypes[false]:
		said, err := fields(answer)
		if err == nil {
			said, err = fields(said[1].bytes) // partial_success
		}
		if err != nil {
			return fmt.Errorf("reading the collector's answer: %w", err)
		}
		rejected, message = int64(said[1].number), string(said[2].bytes)
	}
	switch {
	case rejected == 0 && message == "":
		return nil
	case rejected == 0: // all were taken
		return fmt.Errorf("the collector warns: %.200q", message)
	}
	return fmt.Errorf("the collector refused %d spans: %.200q", rejected, message)
}

// field is a field's last value.
type field struct {
	number uint64
	bytes  []byte
}

var errProtobuf = errors.New("not a protobuf message")

// fields reads a message of numbers, texts and messages.
func fields(message []byte) (map[uint64]field, error) {
	all := make(map[uint64]field)
	number := func() (uint64, bool) {
		value, n := binary.Uvarint(message)
		message = message[max(n, 0):]
		return value, n > 0
	}
	for len(message) > 0 {
		tag, ok := number()
		value, also := number()
		if !ok || !also {
			return nil, errProtobuf
		}
		switch tag & 7 {
		case wireVarint:
			all[tag>>3] = field{number: value}
		case wireBytes:
			if value > uint64(len(message)) {
				return nil, errProtobuf
			}
			all[tag>>3] = field{bytes: message[:value]}
			message = message[value:]
		default:
			return nil, errProtobuf
		}
	}
	return all, nil
}
