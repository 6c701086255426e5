<?php

declare(strict_types=1);

use App\Security\Accounts;
use App\Security\KeyAuthenticator;
use Symfony\Bundle\SecurityBundle\Security\FirewallMap;
use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;

return static function (ContainerConfigurator $container): void {
    $services = $container->services()->defaults()->autowire()->autoconfigure();
    $services->load('App\\Controller\\', '../src/Controller/')->tag('controller.service_arguments');
    $services->set(Accounts::class)->arg('$file', '%env(VAR_DIR)%/accounts.json');
    $services->set(KeyAuthenticator::class);
    $services->alias(FirewallMap::class, 'security.firewall.map');
};
