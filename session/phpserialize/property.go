package phpserialize

import (
	"bytes"
	"errors"
	"strings"
)

// ErrNoProperty says that an object has no property of a name, or that a value
// is no object.
var ErrNoProperty = errors.New("phpserialize: no such property")

// ErrAmbiguous says that an object has several properties of a name, which
// belong to different classes.
var ErrAmbiguous = errors.New(`phpserialize: several classes have a property of this name: ask for "Class::name"`)

// Property returns the property of an Object that is called name in the source
// of its class, be it public, protected or private. Private properties of
// different classes may have the same name, which is ErrAmbiguous;
// "Class::name" is that which Class declares private, or, if it is the object's
// own class, that which is public or protected.
func (v Value) Property(name string) (Value, error) {
	if v.Kind() != Object {
		return Value{}, ErrNoProperty
	}
	class, short, qualified := cutQualified(name)
	found, owner := -1, []byte(nil)
	for key, end := v.keys(); key < end; key = v.doc.following(key) {
		n := &v.doc.nodes[key]
		if n.kind != String {
			continue
		}
		declaring, property, ok := unmangle(v.doc.data[n.from:n.to])
		if !ok || string(property) != short || qualified && !v.declares(declaring, class) {
			continue
		}
		if found >= 0 && !bytes.Equal(owner, declaring) {
			return Value{}, ErrAmbiguous
		}
		found, owner = key+1, declaring // the last of several counts
	}
	if found < 0 {
		return Value{}, ErrNoProperty
	}
	return v.doc.value(found), nil
}

func cutQualified(name string) (class, property string, qualified bool) {
	if i := strings.LastIndex(name, "::"); i >= 0 {
		return name[:i], name[i+2:], true
	}
	return "", name, false
}

// unmangle splits the name of a property as PHP writes it: name if it is public,
// \0*\0name if it is protected, \0Class\0name if it is private to Class.
func unmangle(name []byte) (class, property []byte, ok bool) {
	if len(name) == 0 || name[0] != 0 {
		return nil, name, true
	}
	return bytes.Cut(name[1:], []byte{0})
}

// declares reports whether a property belongs to class. Of what is public or
// protected only the class of the object is known.
func (v Value) declares(declaring []byte, class string) bool {
	if len(declaring) == 0 || string(declaring) == "*" {
		n := v.node()
		return string(v.doc.data[n.from:n.to]) == class
	}
	return string(declaring) == class
}
