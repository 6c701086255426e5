<?php

// Returns the kernel, as the environment says; see README.md.

declare(strict_types=1);

use App\Kernel;

require __DIR__.'/autoload.php';

$var = getenv('VAR_DIR') ?: exit("set VAR_DIR to a folder that the website may write into\n");
if (!$_SERVER['SESSION_DSN'] = getenv('SESSION_DSN')) {
    $_SERVER['SESSION_DSN'] = 'file://'.$var.'/sessions';
    @mkdir($var.'/sessions', 0700);
}

// In life this stands in php.ini.
ini_set('session.serialize_handler', getenv('SERIALIZE_HANDLER') ?: 'php');

return new Kernel('prod', false);
