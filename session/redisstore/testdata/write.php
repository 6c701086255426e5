<?php
// Writes sessions as a website does: write.php DSN id... with Symfony's handler
// for that data source name, or with the handler of php.ini if it is "native".
// Each id may follow an action and a colon: "touch", "destroy".
ini_set('session.use_cookies', '0');
ini_set('session.cache_limiter', '');
ini_set('session.use_strict_mode', '0');
ini_set('session.gc_probability', '0');
if ($argv[1] !== 'native') {
    require 'Symfony/Component/Cache/autoload.php';
    require 'Symfony/Component/HttpFoundation/autoload.php';
    $handler = Symfony\Component\HttpFoundation\Session\Storage\Handler\SessionHandlerFactory::createHandler($argv[1]);
    session_set_save_handler($handler, true);
}
foreach (array_slice($argv, 2) as $id) {
    [$action, $id] = str_contains($id, ':') ? explode(':', $id) : ['write', $id];
    session_id($id);
    session_start();
    if ($action === 'write') {
        $_SESSION['_sf2_attributes'] = ['name' => "Žofie $id", 'count' => 1 + ($_SESSION['_sf2_attributes']['count'] ?? 0)];
    }
    $action === 'destroy' ? session_destroy() : session_write_close();
    echo $id, "\n";
}
