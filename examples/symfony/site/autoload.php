<?php

// Symfony as Debian installs it, and the classes of this website. A website of
// your own has vendor/autoload.php in its place.

declare(strict_types=1);

require '/usr/share/php/Symfony/Bundle/FrameworkBundle/autoload.php';
require '/usr/share/php/Symfony/Bundle/SecurityBundle/autoload.php';

spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'App\\')) {
        require __DIR__.'/src/'.strtr(substr($class, 4), '\\', '/').'.php';
    }
});
