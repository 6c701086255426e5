<?php

declare(strict_types=1);

namespace App\Controller;

use App\Security\Accounts;
use Symfony\Bundle\SecurityBundle\Security\FirewallMap;
use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpKernel\Exception\NotFoundHttpException;
use Symfony\Component\HttpKernel\Kernel;
use Symfony\Component\Security\Core\Authentication\Token\RememberMeToken;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\Authentication\Token\SwitchUserToken;
use Symfony\Component\Security\Core\Authentication\Token\UsernamePasswordToken;
use Symfony\Component\Security\Core\Role\RoleHierarchyInterface;

/** Who Symfony says that the visitor is. */
final class Who
{
    public function __construct(
        private TokenStorageInterface $tokens,
        private RoleHierarchyInterface $hierarchy,
        private FirewallMap $firewalls,
        private Accounts $accounts,
    ) {
    }

    public function whoami(Request $request): Response
    {
        $token = $this->tokens->getToken();
        $user = $token?->getUser();
        $firewall = $this->firewalls->getFirewallConfig($request);

        return (new JsonResponse([
            'sf' => Kernel::VERSION,
            'token' => $token ? $token::class : null,
            'user' => \is_object($user) ? $user->getUserIdentifier() : $user,
            'userClass' => \is_object($user) ? $user::class : null,
            'roles' => $token?->getRoleNames(),
            'reachable' => $token ? $this->hierarchy->getReachableRoleNames($token->getRoleNames()) : null,
            'firewall' => $firewall->getName(),
            'context' => $firewall->getContext(),
            'remembered' => $token instanceof RememberMeToken,
            'impersonator' => $token instanceof SwitchUserToken ? $token->getOriginalToken()->getUserIdentifier() : null,
        ]))->setEncodingOptions(\JSON_UNESCAPED_UNICODE | \JSON_UNESCAPED_SLASHES);
    }

    /**
     * Gives the user another role, in the database and in the session. With
     * ?password, changes the password in the database only: Symfony notices it at
     * the session's next request, and signs the user out.
     */
    public function promote(Request $request): Response
    {
        $user = $this->tokens->getToken()?->getUser();
        if (!\is_object($user) || !$this->accounts->supportsClass($user::class)) {
            throw new NotFoundHttpException();
        }
        if ($password = $request->query->get('password')) {
            $this->accounts->change($user->getUserIdentifier(), ['password' => $password]);

            return new Response("changed\n");
        }
        $this->accounts->change($user->getUserIdentifier(), ['roles' => [...$user->getRoles(), $request->query->get('role')]]);
        $user = $this->accounts->refreshUser($user);
        $firewall = $this->firewalls->getFirewallConfig($request)->getName();
        $this->tokens->setToken(new UsernamePasswordToken($user, $firewall, $user->getRoles()));

        return $this->whoami($request);
    }
}
