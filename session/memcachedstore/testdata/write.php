<?php
// Writes sessions as a website does. From the standard input come lines of
// <id> <session in hexadecimal>.
//
//   php write.php symfony <data source name> [<Memcached option>=<value>...]
//   php write.php native <session.save_path> [<ini setting>=<value>...]

require 'Symfony/Component/Cache/autoload.php';
require 'Symfony/Component/HttpFoundation/autoload.php';

use Symfony\Component\Cache\Adapter\MemcachedAdapter;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\MemcachedSessionHandler;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\SessionHandlerFactory;

[, $kind, $place] = $argv;
$settings = [];
foreach (array_slice($argv, 3) as $setting) {
    [$name, $value] = explode('=', $setting, 2);
    $settings[$name] = $value;
}

if ($kind === 'symfony') {
    $handler = SessionHandlerFactory::createHandler($place);
    if ($settings) {
        $client = MemcachedAdapter::createConnection($place);
        foreach ($settings as $name => $value) {
            $client->setOption(constant("Memcached::$name"), defined("Memcached::$value") ? constant("Memcached::$value") : (int) $value);
        }
        $handler = new MemcachedSessionHandler($client);
    }
    ini_set('session.gc_maxlifetime', 1000);
} else {
    $settings += ['session.save_handler' => 'memcached', 'session.save_path' => $place, 'session.use_cookies' => 0, 'session.cache_limiter' => '', 'session.serialize_handler' => 'php'];
    foreach ($settings as $name => $value) {
        if (ini_set($name, $value) === false) {
            exit("cannot set $name");
        }
    }
}

while (($line = fgets(STDIN)) !== false) {
    [$id, $data] = explode(' ', trim($line));
    $data = hex2bin($data);
    if ($kind === 'symfony') {
        $ok = $handler->open('', 'PHPSESSID') && $handler->write($id, $data);
    } else {
        session_id($id);
        $ok = session_start();
        $_SESSION = ['data' => $data];
        session_write_close();
    }
    $ok or exit("cannot write a session");
}
