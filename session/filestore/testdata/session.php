<?php
// Is one request of a website after another. On the standard input come
//
//   <id> <value>        start the session, set $_SESSION['value'], and end it
//   <id> <value> hold   start it and wait for the next line before going on
//
// and each is answered by a line: "held" while it waits, "done" at the end.
//
//   php session.php native <session.save_path>
//   php session.php symfony <data source name>

use Symfony\Component\HttpFoundation\Session\Storage\Handler\SessionHandlerFactory;

[, $kind, $place] = $argv;
ini_set('session.use_cookies', 0);
ini_set('session.cache_limiter', '');
if ($kind === 'symfony') {
    require 'Symfony/Component/HttpFoundation/autoload.php';
    session_set_save_handler(SessionHandlerFactory::createHandler($place), false);
} else {
    ini_set('session.save_path', $place);
}
$answers = fopen('php://stderr', 'w'); // output would be a header
while (($line = fgets(STDIN)) !== false) {
    [$id, $value, $hold] = explode(' ', trim($line)) + [2 => null];
    session_id($id);
    session_start() or exit('cannot start a session');
    $_SESSION['value'] = $value;
    if ($hold) {
        fwrite($answers, "held\n");
        fgets(STDIN);
    }
    session_write_close();
    fwrite($answers, "done\n");
}
