<?php
// Prints, for each URL of the JSON list on stdin, what Symfony makes of it, or
// null if it refuses it.
require 'Symfony/Component/HttpFoundation/autoload.php';

use Symfony\Component\HttpFoundation\Session\Storage\Handler\PdoSessionHandler;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\SessionHandlerFactory;

$answers = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $url) {
    try {
        $handler = SessionHandlerFactory::createHandler($url);
        $answer = [];
        foreach (['dsn', 'username', 'password', 'table', 'idCol', 'dataCol', 'lifetimeCol', 'timeCol'] as $name) {
            $property = new ReflectionProperty(PdoSessionHandler::class, $name);
            $property->setAccessible(true);
            $answer[$name] = (string) $property->getValue($handler);
        }
        $answers[] = $answer;
    } catch (\Throwable $e) {
        $answers[] = null;
    }
}
echo json_encode($answers, JSON_THROW_ON_ERROR);
