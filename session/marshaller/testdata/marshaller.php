<?php
// Prints what Symfony's marshallers make of the sessions that are read from the
// standard input, one a line in hexadecimal: php marshaller.php <key pairs>...
// Of each session come four lines: deflated, sealed by the first key pair, sealed
// by the last, and deflated and sealed.

require 'Symfony/Component/Cache/autoload.php';
require 'Symfony/Component/HttpFoundation/autoload.php';

use Symfony\Component\Cache\Marshaller\DeflateMarshaller;
use Symfony\Component\Cache\Marshaller\SodiumMarshaller;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\IdentityMarshaller;

$keys = array_map('hex2bin', array_slice($argv, 1));
$identity = new IdentityMarshaller();
$marshallers = [
    new DeflateMarshaller($identity),
    new SodiumMarshaller([$keys[0]], $identity),
    new SodiumMarshaller([end($keys)], $identity),
    new SodiumMarshaller($keys, new DeflateMarshaller($identity)),
];
while (($line = fgets(STDIN)) !== false) {
    foreach ($marshallers as $marshaller) {
        echo bin2hex($marshaller->marshall(['data' => hex2bin(trim($line))], $failed)['data']), "\n";
    }
}
