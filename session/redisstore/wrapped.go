package redisstore

import (
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"
)

// wrapped names the option of phpredis under which a client made value of a
// session, or returns "". The options are meant for caches, and change what
// Symfony's handler writes; phpredis' own session handler does not heed them.
//
// A website may encrypt its sessions or deflate them, and random bytes must not
// be taken for wrapped ones. So each test is one that random bytes, and PHP's
// session formats, do not pass. OPT_SERIALIZER php is not among them, because
// Laravel's sessions look like that too: see isPHPString.
func wrapped(value string) string {
	switch {
	case isIgbinaryString(value):
		return "OPT_SERIALIZER igbinary"
	case isJSONString(value):
		return "OPT_SERIALIZER json"
	case strings.HasPrefix(value, "\x28\xb5\x2f\xfd"): // RFC 8878, section 3.1.1
		return "OPT_COMPRESSION zstd"
	case isLZ4(value):
		return "OPT_COMPRESSION lz4"
	case isLZF(value):
		return "OPT_COMPRESSION lzf"
	}
	return ""
}

// isPHPString recognises what serialize() makes of one string: s:3:"abc";
func isPHPString(v string) bool {
	rest, ok := strings.CutPrefix(v, "s:")
	if !ok {
		return false
	}
	digits, _, ok := strings.Cut(rest[:min(len(rest), 32)], `:"`)
	if !ok {
		return false
	}
	n, err := strconv.Atoi(digits)
	return err == nil && len(v) == len(`s::"";`)+len(digits)+n && strings.HasSuffix(v, `";`)
}

// isIgbinaryString recognises a string where a session has an array: igbinary's
// header, and its types string8, string16 and string32.
func isIgbinaryString(v string) bool {
	return strings.HasPrefix(v, igbinary) && len(v) > 4 && v[4] >= 0x11 && v[4] <= 0x13
}

func isJSONString(v string) bool {
	return len(v) > 2 && v[0] == '"' && v[len(v)-1] == '"' && json.Valid([]byte(v))
}

// isLZ4 recognises phpredis' header of five bytes (its library.c): the length of
// what is compressed, little endian, and before it the length's CRC-8.
func isLZ4(v string) bool {
	if len(v) < 6 {
		return false
	}
	length := binary.LittleEndian.Uint32([]byte(v[1:5]))
	const ratio = 255 // the best that LZ4 can do
	if length == 0 || uint64(length) > ratio*uint64(len(v)) {
		return false
	}
	crc := byte(0xff)
	for i := 1; i < 5; i++ {
		crc ^= v[i]
		for range 8 {
			if crc&0x80 != 0 {
				crc = crc<<1 ^ 0x31
			} else {
				crc <<= 1
			}
		}
	}
	if crc != v[0] {
		return false
	}
	i := 5
	if v[i]>>4 == 15 { // the number of literals goes on in the next bytes
		for i++; i < len(v) && v[i] == 0xff; i++ {
		}
	}
	return i < len(v) && isBeginning(v[i+1:])
}

// isBeginning reports whether a value may begin as a session does: with the name
// of a variable, or with igbinary's header.
func isBeginning(v string) bool {
	const enough = 4
	if len(v) < enough {
		return false
	}
	unprintable := func(c rune) bool { return c < ' ' || c > '~' }
	return v[:enough] == igbinary || strings.IndexFunc(v[:enough], unprintable) < 0
}

const igbinary = "\x00\x00\x00\x02"

// isLZF recognises an LZF stream, which has neither a header nor a checksum: it
// begins with a run of literal bytes, and they with what a session begins with.
func isLZF(v string) bool {
	return v != "" && v[0] < 32 && isBeginning(v[1:]) && walksLZF(v)
}

// walksLZF reports whether runs of literal bytes, and references back into what
// is decompressed by then, make up all of v. There must be a reference: a run
// alone is too easy to be had by chance.
func walksLZF(v string) bool {
	out, references := 0, 0
	for i := 0; i < len(v); {
		ctrl := int(v[i])
		i++
		if ctrl < 32 {
			i += ctrl + 1
			out += ctrl + 1
			if i > len(v) {
				return false
			}
			continue
		}
		length := ctrl >> 5
		if length == 7 && i < len(v) {
			length += int(v[i])
			i++
		}
		if i >= len(v) || (ctrl&0x1f)<<8|int(v[i]) >= out {
			return false
		}
		i++
		out += length + 2
		references++
	}
	return references > 0
}
