<?php

declare(strict_types=1);

use App\Security\Accounts;
use App\Security\KeyAuthenticator;
use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;
use Symfony\Component\Security\Core\User\PasswordAuthenticatedUserInterface;

return static function (ContainerConfigurator $container): void {
    // The way before Symfony 5.3, which Symfony 6 has no more.
    $legacy = (bool) getenv('LEGACY');

    $login = static fn (string $path): array => [
        'login_path' => $path.'/login',
        'check_path' => $path.'/login',
        'default_target_path' => $path.'/',
    ] + ($legacy ? ['csrf_token_generator' => 'security.csrf.token_manager'] : ['enable_csrf' => true]);
    $logout = static fn (string $path): array => ['path' => $path.'/logout', 'target' => $path.'/'];
    $remember = static fn (string $cookie, string $path): array => [
        'name' => $cookie, 'path' => '/'.ltrim($path, '/'), 'lifetime' => 604800, 'secret' => 'another secret',
    ];
    $anonymous = $legacy ? ['anonymous' => true] : [];

    $container->extension('security', [
        'enable_authenticator_manager' => !$legacy,
        'password_hashers' => [PasswordAuthenticatedUserInterface::class => 'plaintext'], // for the example only
        'role_hierarchy' => [
            'ROLE_EDITOR' => 'ROLE_USER',
            'ROLE_ADMIN' => ['ROLE_EDITOR', 'ROLE_ALLOWED_TO_SWITCH'],
        ],
        'providers' => [
            'memory' => ['memory' => ['users' => [
                'alice' => ['password' => 'pw', 'roles' => ['ROLE_USER', 'ROLE_EDITOR']],
                'bob' => ['password' => 'pw', 'roles' => ['ROLE_USER']],
                'žofie' => ['password' => 'pw', 'roles' => ['ROLE_USER']],
                'admin' => ['password' => 'pw', 'roles' => ['ROLE_ADMIN']],
            ]]],
            'accounts' => ['id' => Accounts::class],
        ],
        'firewalls' => [
            'admin' => [
                'pattern' => '^/admin', 'provider' => 'accounts', 'form_login' => $login('/admin'),
                'logout' => $logout('/admin'), 'remember_me' => $remember('REMEMBERADMIN', '/admin'),
            ] + $anonymous,
            // Who has signed in at one of these two has signed in at both.
            'shop' => [
                'pattern' => '^/shop', 'context' => 'shared', 'provider' => 'memory',
                'form_login' => $login('/shop'), 'logout' => $logout('/shop'),
            ] + $anonymous,
            'account' => [
                'pattern' => '^/account', 'context' => 'shared', 'provider' => 'memory',
                'form_login' => $login('/account'), 'logout' => $logout('/account'),
            ] + $anonymous,
            'basic' => ['pattern' => '^/basic', 'provider' => 'memory', 'http_basic' => ['realm' => 'example']],
            'remote' => ['pattern' => '^/remote', 'provider' => 'memory', 'remote_user' => []],
            'key' => ['pattern' => '^/key', 'provider' => 'accounts']
                + ($legacy ? ['http_basic' => []] : ['custom_authenticators' => [KeyAuthenticator::class]]),
            'main' => [
                'pattern' => '^/', 'lazy' => true, 'provider' => 'memory', 'form_login' => $login(''),
                'logout' => $logout(''), 'remember_me' => $remember('REMEMBERME', '/'),
                'switch_user' => true,
            ] + $anonymous,
        ],
        'access_control' => [
            ['path' => '^/private', 'roles' => ['ROLE_USER']],
        ],
    ]);
};
