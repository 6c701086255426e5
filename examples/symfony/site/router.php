<?php

// Answers every request:
//
//     VAR_DIR=$(mktemp -d) php -S 127.0.0.1:8000 router.php

declare(strict_types=1);

use Symfony\Component\HttpFoundation\Request;

$kernel = require __DIR__.'/bootstrap.php';

// A web server that has checked a client's certificate says so like this.
if ($user = getenv('REMOTE_USER')) {
    $_SERVER['REMOTE_USER'] = $user;
}

$request = Request::createFromGlobals();
$response = $kernel->handle($request);
$response->send();
$kernel->terminate($request, $response);
