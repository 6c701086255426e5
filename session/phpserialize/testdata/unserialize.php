<?php
// Answers each line, which is the hexadecimal form of an input, with "-" if
// unserialize() refuses it, or else with "+" and what it made of it, as
// describe() in php_test.go writes it.

error_reporting(0);

// Ser writes its own bytes, which are in the format themselves.
class Ser implements Serializable {
    public $v;
    public function serialize() { return serialize($this->v); }
    public function unserialize($data) {
        global $inside;
        $inside++;
        $this->v = unserialize($data);
        $inside--;
    }
}

enum Suit { case Hearts; case Spades; }

$inside = 0;
$refused = false;
set_error_handler(function ($level, $message) {
    global $inside, $refused;
    if (!$inside && str_starts_with($message, 'unserialize(): Error at offset')) {
        $refused = true;
    }
    return true;
});

function describe($v, $depth, &$budget) {
    if (--$budget < 0 || $depth > 6) {
        return '~';
    }
    switch (gettype($v)) {
        case 'NULL': return 'N';
        case 'boolean': return $v ? 'b1' : 'b0';
        case 'integer': return "i$v";
        case 'double': return is_nan($v) ? 'dNAN' : 'd' . bin2hex(pack('E', $v));
        case 'string': return 's' . bin2hex($v);
        case 'array': return 'a' . elements($v, $depth, $budget);
    }
    if ($v instanceof Suit) {
        return 'E' . bin2hex("Suit:{$v->name}");
    }
    if ($v instanceof Ser) {
        return 'C[' . describe($v->v, $depth + 1, $budget) . ']';
    }
    $properties = (array) $v;
    $class = $properties['__PHP_Incomplete_Class_Name'];
    unset($properties['__PHP_Incomplete_Class_Name']);
    return 'O' . bin2hex($class) . elements($properties, $depth, $budget);
}

function elements($elements, $depth, &$budget) {
    $text = '{';
    foreach ($elements as $key => $value) {
        $text .= describe($key, $depth, $budget) . describe($value, $depth + 1, $budget);
        if ($budget < 0) {
            break;
        }
    }
    return "$text}";
}

while (($line = fgets(STDIN)) !== false) {
    $data = hex2bin(rtrim($line));
    $refused = $data === '';
    $value = unserialize($data, ['allowed_classes' => ['Ser']]);
    $budget = 500;
    echo $refused ? '-' : '+' . describe($value, 0, $budget), "\n";
    $value = null;
}
