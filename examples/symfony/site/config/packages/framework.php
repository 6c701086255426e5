<?php

declare(strict_types=1);

use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;

return static function (ContainerConfigurator $container): void {
    $container->extension('framework', [
        'secret' => 'a secret of this example',
        'http_method_override' => false,
        'php_errors' => ['log' => true],
        'csrf_protection' => true,
        'router' => ['utf8' => true],
        'session' => [
            // What rollcall's session.Open is given, too. "native" leaves it to
            // php.ini's session.save_handler and session.save_path.
            'handler_id' => 'native' === getenv('SESSION_DSN') ? null : '%env(SESSION_DSN)%',
            'storage_factory_id' => 'session.storage.factory.native',
            'cookie_secure' => 'auto',
            'cookie_samesite' => 'lax',
        ],
    ]);
};
