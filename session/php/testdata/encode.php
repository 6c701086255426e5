<?php
// Usage: php -d session.serialize_handler=HANDLER encode.php FOLDER SEED COUNT
//
// Prints COUNT random sessions, each as session_encode() writes it, in base64,
// and what session_decode() reads of that, as JSON in which lists are objects.

[, $folder, $seed, $count] = $argv;
error_reporting(0);
ini_set('session.save_path', $folder);
ini_set('session.use_cookies', '0');
ini_set('session.cache_limiter', '');
mt_srand((int) $seed);

// Ser writes its own bytes, which are in the format themselves.
class Ser implements Serializable, JsonSerializable {
    public function __construct(public $v = null) {}
    public function serialize() { return serialize($this->v); }
    public function unserialize($data) { $this->v = unserialize($data); }
    public function jsonSerialize(): mixed { return ['ser' => $this->v]; }
}

class User {
    public $name;
    public $friends = [];
    protected $locale = 'cs|CZ';
    private $password = '";}';
}

// Listed has no properties in its serialized form.
class Listed implements JsonSerializable {
    public $v;
    public function __serialize(): array { return [$this->v, 'x' => 1]; }
    public function __unserialize(array $data): void { $this->v = $data[0]; }
    public function jsonSerialize(): mixed { return [$this->v, 'x' => 1]; }
}

enum Suit: string { case Hearts = 'Hearts'; case Spades = 'Spades'; }

function pick(...$from) { return $from[mt_rand(0, count($from) - 1)]; }

// value returns a random value. Objects that were made before come again.
function value($depth, &$made) {
    $kind = mt_rand(0, $depth > 3 ? 5 : 13);
    switch ($kind) {
        case 0: return null;
        case 1: return mt_rand(0, 1) == 1;
        case 2: return pick(0, -1, 42, PHP_INT_MAX, PHP_INT_MIN);
        case 3: return pick(0.0, -0.0, 0.1, 1e25, 1e-7, -12.5, 5e-324, 123456789012345678901.0);
        case 4:
        case 5: return pick('', 'a', 'ž', "\0*\0", '";}', 'b|i:1;', 'x|s:3:"abc";', "\x05_metai:1;", '5', str_repeat('text', mt_rand(1, 60)));
        case 6: return pick(Suit::Hearts, Suit::Spades);
        case 7: return $made ? $made[mt_rand(0, count($made) - 1)] : 0;
        case 8:
            $user = new User;
            $user->name = value($depth + 1, $made);
            $user->friends = elements($depth + 1, $made);
            $object = $user;
            break;
        case 9:
            $object = new Listed;
            $object->v = value($depth + 1, $made);
            break;
        case 10:
            $object = new Ser(value($depth + 1, $made));
            break;
        case 11:
            $object = (object) elements($depth + 1, $made);
            break;
        default: return elements($depth + 1, $made);
    }
    return $made[] = $object;
}

function elements($depth, &$made) {
    $elements = [];
    for ($n = mt_rand(0, 4); $n > 0; $n--) {
        $elements[pick(0, 1, 7, -3, 'k', 'l', '05', 'ž', "\x01", 'n|m', ':')] = value($depth, $made);
    }
    if (count($elements) > 1 && mt_rand(0, 3) == 0) { // the same variable twice
        $keys = array_keys($elements);
        $elements[$keys[1]] = &$elements[$keys[0]];
    }
    return $elements;
}

session_start();
$handler = ini_get('session.serialize_handler');
for ($i = 0; $i < $count; $i++) {
    $made = $names = [];
    for ($n = mt_rand(1, 5); $n > 0; $n--) {
        $name = pick('user', 'cart', '_sf2_attributes', 'ž', '!x', 'a:1', 'with space', str_repeat('n', mt_rand(30, 120)),
            $handler == 'php' ? 'p' : 'p|q', $handler == 'php_serialize' ? 5 : 'five');
        $names[$name] = value(0, $made);
    }
    if (count($names) > 1 && mt_rand(0, 2) == 0) {
        $keys = array_keys($names);
        $names[$keys[1]] = &$names[$keys[0]];
    }
    $_SESSION = $names;
    $data = session_encode();
    $_SESSION = [];
    $ok = session_decode($data);
    $json = json_encode($_SESSION, JSON_FORCE_OBJECT | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR);
    echo base64_encode($data), "\t", $ok ? $json : 'not decoded', "\n";
    $_SESSION = [];
}
session_destroy();
