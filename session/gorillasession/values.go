package gorillasession

import (
	"errors"
	"reflect"
)

var errTwice = errors.New("gorillasession: the session has two keys of the same text")

// byText returns the values whose keys are strings. A website may use string
// types of its own for keys. If two keys have the same text, it is not for chance
// to say which one counts.
func byText(values map[any]any) (map[string]any, error) {
	named := make(map[string]any, len(values))
	for key, value := range values {
		text, ok := key.(string)
		if !ok {
			v := reflect.ValueOf(key)
			if v.Kind() != reflect.String {
				continue
			}
			text = v.String()
		}
		if _, twice := named[text]; twice {
			return nil, errTwice
		}
		named[text] = value
	}
	return named, nil
}
