<?php
// Does with Symfony's session handler of a data source name (the argument) what
// the lines on stdin say, each a JSON list of a method and its arguments, and
// answers each with a line.
require 'Symfony/Component/HttpFoundation/autoload.php';

use Symfony\Component\HttpFoundation\Session\Storage\Handler\SessionHandlerFactory;

$handler = SessionHandlerFactory::createHandler($argv[1]);
while (false !== $line = fgets(STDIN)) {
    try {
        $command = json_decode($line, true, 512, JSON_THROW_ON_ERROR);
        $method = array_shift($command);
        if ('write' === $method) {
            $command[1] = base64_decode($command[1], true);
        }
        $answer = $handler->$method(...$command);
        echo is_string($answer) ? base64_encode($answer) : json_encode($answer), "\n";
    } catch (\Throwable $e) {
        echo 'error: ', strtr($e->getMessage(), "\n", ' '), "\n";
    }
}
