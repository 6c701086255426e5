// Package phpserialize reads the format of PHP's serialize().
//
// [Parse] checks the whole input at once and returns its top [Value], which is
// asked for what lies in it by fixed paths:
//
//	token, err := phpserialize.Parse(data)
//	...
//	user, ok := token.Index(0)
//	email, err := user.Property("email")
//	text, ok := email.Str()
//
// Nothing is instantiated: a class is a name. References are followed. The input
// may come from anybody: parsing takes time and memory in proportion to it, and
// ends with [ErrSyntax] or [ErrLimit] for whatever PHP would not have written.
// It is stricter than PHP's unserialize(), which takes bytes after the value,
// integers and lengths out of range, and strings with escapes.
//
// Values alias the input, which must not be changed as long as they are in use.
// Str copies, so that a name that is kept does not keep a whole session.
//
// What is said here about PHP is in php-src, ext/standard/var_unserializer.re.
package phpserialize
