package phpserialize

// A Kind is what a [Value] is.
type Kind uint8

const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	Array
	// Object has properties, or what its class returned from __serialize().
	Object
	// Custom is an object that wrote its own bytes, with Serializable::serialize().
	Custom
	// Enum is a case of an enumeration.
	Enum
	// Unresolved is a reference to what cannot be known. References count the
	// values before them; how many values an object of the kind Custom counts for
	// is known to its class alone, unless its bytes are in the format too.
	Unresolved

	reference // a node only; values have the kind of what it refers to
)

// String returns the kind's name in English.
func (k Kind) String() string {
	names := [...]string{"null", "bool", "int", "float", "string", "array", "object", "custom object", "enum", "unresolved reference"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown kind"
}
