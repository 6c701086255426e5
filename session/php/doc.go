// Package php decodes the sessions of PHP.
//
// What PHP keeps of $_SESSION depends on its setting session.serialize_handler:
//
//	php            key|value key|value ...             the default
//	php_binary     <length>key value <length>key value ...
//	php_serialize  a:2:{<key><value><key><value>}
//	igbinary       an encoding of its own, of the extension of this name
//	msgpack        is not read
//
// [Decode] recognises the handler by the first bytes; the other functions expect
// one. All return the variables under their names. A null, a bool, an integer, a
// float or a string is a nil, bool, int64, float64 or string; an array or an
// object is a [phpserialize.Value], which aliases the session's bytes. In php and
// php_binary the variables may refer to one another's objects, so that none can
// be read without those before it.
//
// What is said here about PHP is in php-src, ext/session/session.c.
package php
