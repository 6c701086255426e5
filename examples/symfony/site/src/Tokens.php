<?php

declare(strict_types=1);

namespace App;

use App\Security\EntityUser;
use App\Security\JsonSerializableUser;
use App\Security\MagicUser;
use App\Security\SerializableUser;
use App\Security\Sf73User;
use Symfony\Component\HttpKernel\Kernel as BaseKernel;
use Symfony\Component\Security\Core\Authentication\Token\AnonymousToken;
use Symfony\Component\Security\Core\Authentication\Token\NullToken;
use Symfony\Component\Security\Core\Authentication\Token\PreAuthenticatedToken;
use Symfony\Component\Security\Core\Authentication\Token\RememberMeToken;
use Symfony\Component\Security\Core\Authentication\Token\SwitchUserToken;
use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;
use Symfony\Component\Security\Core\Authentication\Token\UsernamePasswordToken;
use Symfony\Component\Security\Core\User\InMemoryUser;
use Symfony\Component\Security\Core\User\UserInterface;
use Symfony\Component\Security\Guard\Token\PostAuthenticationGuardToken;
use Symfony\Component\Security\Http\Authenticator\Token\PostAuthenticationToken;

/**
 * Every class of token with every class of user, as Symfony 5.4 serializes them,
 * and what each token says of itself.
 */
final class Tokens
{
    public function write(string $dir): void
    {
        $this->save($dir.'/v'.BaseKernel::VERSION, $this->all(), fn (TokenInterface $token): array => $this->describe($token));
        $this->save($dir.'/thirdparty', $this->thirdParty(), static fn (): array => ['user' => null, 'roles' => [], 'authenticated' => false]);
    }

    /** @return array<string, TokenInterface> */
    private function all(): array
    {
        $tokens = [];
        foreach ($this->users() as $name => $user) {
            $roles = $user->getRoles();
            $tokens += [
                "UsernamePasswordToken.$name" => new UsernamePasswordToken($user, 'a password', 'main', $roles),
                "PreAuthenticatedToken.$name" => new PreAuthenticatedToken($user, '', 'main', $roles),
                "RememberMeToken.$name" => new RememberMeToken($user, 'main', 'a secret'),
                "PostAuthenticationToken.$name" => new PostAuthenticationToken($user, 'main', $roles),
                "PostAuthenticationGuardToken.$name" => new PostAuthenticationGuardToken($user, 'main', $roles),
                "SwitchUserToken.$name" => new SwitchUserToken($user, 'main', [...$roles, 'ROLE_PREVIOUS_ADMIN'], $this->admin(), '/people?page=2'),
            ];
        }

        return $tokens + $this->special();
    }

    /** @return array<string, TokenInterface> */
    private function special(): array
    {
        $alice = $this->users()['inmemory'];
        $roles = $alice->getRoles();
        $attributes = new UsernamePasswordToken($alice, 'main', $roles);
        $attributes->setAttributes(['scopes' => ['read', 'write'], 'since' => new \DateTimeImmutable('2024-05-06 07:08:09 UTC'), 'user' => $alice]);
        $remembered = new RememberMeToken(new InMemoryUser('admin', 'pw', ['ROLE_ADMIN']), 'main', 'a secret');

        return [
            'UsernamePasswordToken_attributes.inmemory' => $attributes,
            'UsernamePasswordToken_unauth.inmemory' => new UsernamePasswordToken($alice, '', 'main', []),
            'UsernamePasswordToken_unauth.string' => new UsernamePasswordToken('just-a-string-user', '', 'main', []),
            'UsernamePasswordToken.string' => new UsernamePasswordToken('just-a-string-user', '', 'main', ['ROLE_USER']),
            'PreAuthenticatedToken.string' => new PreAuthenticatedToken('just-a-string-user', '', 'main', ['ROLE_USER']),
            'SwitchUserToken_remembered.inmemory' => new SwitchUserToken($alice, 'main', $roles, $remembered),
            'AnonymousToken.string' => new AnonymousToken('a secret', 'anon.', []),
            'NullToken.string' => new NullToken(),
        ];
    }

    /** @return array<string, UserInterface> */
    private function users(): array
    {
        return [
            'inmemory' => new InMemoryUser('alice', 'pw', ['ROLE_USER', 'ROLE_EDITOR']),
            'entity' => new EntityUser(7, 'zofie@example.cz', 'pw', ['ROLE_EDITOR', 'ROLE_ADMIN']),
            'magic' => new MagicUser(8, 'magic@example.cz', 'pw', ['ROLE_EDITOR']),
            'sf73' => new Sf73User(9, 'sf73@example.cz', 'pw', ['ROLE_EDITOR']),
            'serializable' => new SerializableUser(10, 'ser"; i:1;{ž', 'pw', []),
            'jsonserializable' => new JsonSerializableUser(11, 'json', 'pw', []),
        ];
    }

    private function admin(): TokenInterface
    {
        return new UsernamePasswordToken(new InMemoryUser('admin', 'pw', ['ROLE_ADMIN']), 'main', ['ROLE_ADMIN']);
    }

    /**
     * Tokens that are not Symfony's. The two-factor one is in the session of
     * somebody who has typed the right password but not yet the code: the user
     * is in it, with all of the roles, and yet nobody is signed in.
     *
     * @return array<string, string> serialized
     */
    private function thirdParty(): array
    {
        $alice = $this->users()['inmemory'];
        $password = serialize(new UsernamePasswordToken($alice, 'main', $alice->getRoles()));
        $twoFactor = 'Scheb\TwoFactorBundle\Security\Authentication\Token\TwoFactorToken';
        $own = 'App\Security\OwnToken';

        return [
            'TwoFactorToken.inmemory' => sprintf('O:%d:"%s":6:{i:0;%si:1;N;i:2;s:4:"main";i:3;a:0:{}i:4;a:1:{i:0;s:4:"totp";}i:5;a:0:{}}', \strlen($twoFactor), $twoFactor, $password),
            'OwnToken.inmemory' => str_replace('O:74:"'.UsernamePasswordToken::class.'"', sprintf('O:%d:"%s"', \strlen($own), $own), $password),
        ];
    }

    /** @return array<string, mixed> */
    private function describe(TokenInterface $token): array
    {
        $user = $token instanceof AnonymousToken || $token instanceof NullToken ? null : $token->getUser();

        return [
            'symfony' => BaseKernel::VERSION,
            'php' => \PHP_VERSION,
            'token' => $token::class,
            'user' => $user instanceof UserInterface ? $user->getUserIdentifier() : $user,
            'userClass' => $user instanceof UserInterface ? $user::class : null,
            'roles' => $token->getRoleNames(),
            'authenticated' => $token->isAuthenticated(false),
            'firewall' => method_exists($token, 'getFirewallName') ? $token->getFirewallName() : null,
            'original_user' => $token instanceof SwitchUserToken ? $token->getOriginalToken()->getUserIdentifier() : null,
        ];
    }

    /** @param array<string, TokenInterface|string> $tokens */
    private function save(string $dir, array $tokens, callable $describe): void
    {
        mkdir($dir, recursive: true);
        $manifest = [];
        foreach ($tokens as $name => $token) {
            $bytes = \is_string($token) ? $token : serialize($token);
            file_put_contents("$dir/$name.token", $bytes);
            $manifest[$name] = $describe($token) + ['bytes' => \strlen($bytes), 'sha256' => hash('sha256', $bytes)];
        }
        ksort($manifest);
        file_put_contents("$dir/manifest.json", json_encode($manifest, \JSON_PRETTY_PRINT | \JSON_UNESCAPED_UNICODE | \JSON_UNESCAPED_SLASHES)."\n");
    }
}
