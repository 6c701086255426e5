<?php

// The same pages behind every firewall: /whoami, /admin/whoami, /shop/whoami...

declare(strict_types=1);

use App\Controller\Pages;
use App\Controller\Sessions;
use App\Controller\Who;
use Symfony\Component\Routing\Loader\Configurator\RoutingConfigurator;

return static function (RoutingConfigurator $routes): void {
    foreach (['', '/admin', '/shop', '/account', '/basic', '/remote', '/key'] as $firewall) {
        $add = static fn (string $path, array $controller) => $routes
            ->add(strtr($firewall.$path, '/', '_'), $firewall.$path)->controller($controller);
        $add('/', [Pages::class, 'page']);
        $add('/private', [Pages::class, 'page']);
        $add('/login', [Pages::class, 'login']);
        $add('/logout', [Pages::class, 'logout']);
        $add('/whoami', [Who::class, 'whoami']);
        $add('/promote', [Who::class, 'promote']);
        $add('/set', [Sessions::class, 'set']);
        $add('/slow', [Sessions::class, 'slow']);
    }
};
