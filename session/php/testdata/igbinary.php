<?php
// Prints sessions as the igbinary handler encodes them, each followed by its
// variables and what is in them: php igbinary.php <seed> <number> <folder for PHP's own session file>

class Plain { public $a; protected $b = 'guarded'; private $c = [1, 2]; }
class Child extends Plain { private $c = 'another'; public ?Plain $next = null; }
class Listed {
    public function __construct(private array $data) {}
    public function __serialize(): array { return $this->data; }
    public function __unserialize(array $data): void { $this->data = $data; }
}
enum Suit: string { case Hearts = 'h'; case Spades = 's'; }

$shared = [];   // values that may appear several times

function value(int $depth): mixed {
    global $shared;
    $max = $depth > 4 ? 13 : 21;
    switch (mt_rand(0, $max)) {
        case 0: return null;
        case 1: return (bool) mt_rand(0, 1);
        case 2: return mt_rand(-300, 300);
        case 3: return mt_rand(-70000, 70000);
        case 4: return [PHP_INT_MAX, PHP_INT_MIN, 4294967296, -4294967296, 65535, 65536, 4294967295][mt_rand(0, 6)];
        case 5: return [1.5, -0.0, 1e25, 0.1, INF, -INF, NAN, 5e-324, 1.7976931348623157e308][mt_rand(0, 8)];
        case 6: return '';
        case 7: return substr(md5((string) mt_rand(0, 9)), 0, mt_rand(1, 8));
        case 8: return str_repeat(chr(mt_rand(0, 255)), [31, 32, 33, 255, 256, 300, 65536][mt_rand(0, 6)]);
        case 9: return "žofie\0\"';:{}";
        case 10: return [];
        case 11: return $shared ? $shared[array_rand($shared)] : [];
        case 12: return [Suit::Hearts, Suit::Spades][mt_rand(0, 1)];
        case 13: return 'the same string of more than 32 bytes';
        case 14: case 15: case 16: case 17:
            return $shared[] = elements($depth, mt_rand(0, 6));
        case 18: return $shared[] = elements($depth, mt_rand(250, 260));
        case 19: $o = new Child; $o->a = value($depth + 1); return $shared[] = $o;
        case 20: return $shared[] = new Listed(elements($depth, 3));
        case 21: $o = new stdClass; $o->{'p' . mt_rand(0, 9)} = value($depth + 1); $o->{'7'} = 1; return $shared[] = $o;
    }
}

function elements(int $depth, int $n): array {
    $a = [];
    for ($i = 0; $i < $n; $i++) {
        $v = $n > 10 ? $i : value($depth + 1);
        switch (mt_rand(0, 5)) {
            case 0: $a['key' . mt_rand(0, 99)] = $v; break;
            case 1: $a[mt_rand(-100000, 100000)] = $v; break;
            case 2: $a["k$i"] = &$v; $a["same$i"] = &$v; break;
            case 3: $a[''] = $v; break;
            default: $a[] = $v;
        }
        unset($v);
    }
    return $a;
}

// dump says what a value is, without following it for ever.
function dump(mixed $v, int $depth = 0): string {
    if (is_float($v)) {
        return 'float ' . (is_nan($v) ? 'nan' : bin2hex(pack('E', $v)));
    }
    if (is_string($v)) {
        return 'string ' . bin2hex($v);
    }
    if ($v instanceof UnitEnum) {
        return 'enum ' . $v::class . ':' . $v->name;
    }
    if (!is_array($v) && !is_object($v)) {
        return var_export($v, true);
    }
    if ($depth > 8) {
        return '...';
    }
    $parts = [];
    $all = $v instanceof Listed ? $v->__serialize() : (array) $v;
    foreach ($all as $key => $element) {
        $parts[] = (is_int($key) ? $key : bin2hex($key) . "'") . '=' . dump($element, $depth + 1);
    }
    return (is_object($v) ? $v::class : 'array') . '(' . implode(' ', $parts) . ')';
}

ob_start();
session_start(['use_cookies' => 0, 'cache_limiter' => '', 'serialize_handler' => 'igbinary', 'save_path' => $argv[3]]);
mt_srand((int) $argv[1]);
for ($i = 0; $i < (int) $argv[2]; $i++) {
    $shared = [];
    $_SESSION = ['first' => value(0), 'attributes' => elements(0, 4)];
    if ($i % 4 == 1) {
        $_SESSION['again'] = &$_SESSION['attributes'];
    }
    if ($i % 4 == 2) { // cycles
        $o = new Child;
        $o->next = $o;
        $_SESSION['object'] = $o;
        $a = [1];
        $a['self'] = &$a;
        $_SESSION['array'] = $a;
        unset($a);
    }
    if ($i % 4 == 3) {
        $_SESSION[42] = value(0);
    }
    echo bin2hex(session_encode());
    foreach ($_SESSION as $key => $v) {
        echo "\t", bin2hex($key), '=', dump($v, 1);
    }
    echo "\n";
}
session_abort();
