package document

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tailscale/hujson"
)

// List is a list in a JSON document, where a program keeps items without names.
type List struct {
	Key string
	// Parent is a member of the root that the list is in, as that of a Section.
	Parent string
}

// Items returns what is in the list, and whether there is one.
func (l List) Items(src []byte) (items []any, exists bool, err error) {
	tree, err := Decode(JSON, src)
	if err != nil {
		return nil, false, err
	}
	if l.Parent != "" {
		tree, _ = tree[l.Parent].(map[string]any)
	}
	value, exists := tree[l.Key]
	if !exists {
		return nil, false, nil
	}
	items, ok := value.([]any)
	if !ok {
		return nil, false, fmt.Errorf("%q is not a list", l.Key)
	}
	return items, true, nil
}

// Add returns src with one more item at the end of the list, which must exist. What
// Remove could not take out again is refused.
func (l List) Add(src []byte, item any) ([]byte, error) {
	before, exists, err := l.Items(src)
	if err != nil || !exists {
		return nil, cmp.Or(err, errUnfit)
	}
	list, err := l.find(src)
	if err != nil {
		return nil, err
	}
	changed := list.add(flow(item))
	after, _, err := l.Items(changed)
	if err != nil || flow(after) != flow(append(slices.Clip(before), item)) {
		return nil, errUnfit
	}
	if back, err := l.Remove(changed, item); err != nil || string(back) != string(src) {
		return nil, errUnfit
	}
	return changed, nil
}

// Remove returns src without the last item that says the same, or src where there is
// none. It undoes Add to the byte.
func (l List) Remove(src []byte, item any) ([]byte, error) {
	before, exists, err := l.Items(src)
	if err != nil || !exists {
		return src, err
	}
	at := len(before) - 1
	for at >= 0 && flow(before[at]) != flow(item) {
		at--
	}
	if at < 0 {
		return src, nil
	}
	list, err := l.find(src)
	if err != nil {
		return nil, err
	}
	changed := list.remove(at)
	after, _, err := l.Items(changed)
	if err != nil || flow(after) != flow(slices.Delete(slices.Clone(before), at, at+1)) {
		return nil, errUnfit
	}
	return changed, nil
}

// jsonList is a list in a document.
type jsonList struct {
	jsonDocument
	*hujson.Array
	close int // offset of the bracket
}

// find finds the list, which exists.
func (l List) find(src []byte) (jsonList, error) {
	doc, err := parseJSON(src)
	if err != nil {
		return jsonList{}, err
	}
	holder, err := doc.holder(Section{Parent: l.Parent})
	if err != nil {
		return jsonList{}, err
	}
	member, err := doc.member(holder, l.Key)
	if err != nil {
		return jsonList{}, err
	}
	return jsonList{doc, member.Value.Value.(*hujson.Array), member.Value.EndOffset - 1}, nil
}

// add writes an item behind the others, on a line of its own where they have one.
func (l jsonList) add(item string) []byte {
	at := beforeSpace(l.src, l.close)
	if len(l.Elements) == 0 {
		return splice(l.src, edit{at, at, item})
	}
	text := " " + item
	if indent, own := indentation(l.src, l.Elements[0].StartOffset); own {
		text = l.end + indent + item
	}
	last := l.Elements[len(l.Elements)-1]
	if last.AfterExtra != nil { // a trailing comma
		return splice(l.src, edit{at, at, text + ","})
	}
	return splice(l.src, edit{last.EndOffset, last.EndOffset, ","}, edit{at, at, text})
}

// remove takes an item out, with one comma.
func (l jsonList) remove(i int) []byte {
	element := l.Elements[i]
	start, end := element.StartOffset, element.EndOffset
	switch final := i == len(l.Elements)-1; {
	case final && i > 0 && element.AfterExtra == nil:
		separator := l.Elements[i-1].EndOffset + len(l.Elements[i-1].AfterExtra)
		return splice(l.src, edit{separator, separator + 1, ""}, edit{beforeSpace(l.src, start), end, ""})
	case final && element.AfterExtra == nil:
		return splice(l.src, edit{start, end, ""})
	case i == 0 && !final: // what stands before it belongs to the next one then
		return splice(l.src, edit{start, l.Elements[1].StartOffset, ""})
	}
	return splice(l.src, edit{beforeSpace(l.src, start), end + len(element.AfterExtra) + 1, ""})
}
