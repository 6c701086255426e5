<?php

declare(strict_types=1);

namespace App\Controller;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Security\Core\Security;
use Symfony\Component\Security\Csrf\CsrfTokenManagerInterface;

/** The pages for people. */
final class Pages
{
    private const FIREWALLS = ['main' => '', 'admin' => '/admin', 'shop' => '/shop', 'account' => '/account'];

    public function __construct(private CsrfTokenManagerInterface $csrf)
    {
    }

    public function page(Request $request): Response
    {
        return $this->render('page', 'Who are you?', $request, [
            'socket' => getenv('SOCKET_URL') ?: 'ws://'.$request->getHost().':8080/',
        ]);
    }

    public function login(Request $request): Response
    {
        $session = $request->getSession();
        $failed = $session->has(Security::AUTHENTICATION_ERROR);
        $session->remove(Security::AUTHENTICATION_ERROR);

        return $this->render('login', 'Sign in', $request, [
            'token' => $this->csrf->getToken('authenticate')->getValue(),
            'failed' => $failed,
        ]);
    }

    /** The firewall answers before this is reached. */
    public function logout(): never
    {
        throw new \LogicException('no firewall has /logout');
    }

    /** @param array<string, mixed> $vars */
    private function render(string $template, string $title, Request $request, array $vars): Response
    {
        $vars += [
            'h' => static fn (string $text): string => htmlspecialchars($text, \ENT_QUOTES),
            'title' => $title,
            'firewall' => substr($request->getPathInfo(), 0, strrpos($request->getPathInfo(), '/')),
            'firewalls' => self::FIREWALLS,
        ];
        $vars['body'] = $this->template($template, $vars);

        return new Response($this->template('layout', $vars));
    }

    private function template(string $template, array $vars): string
    {
        return (static function () use ($template, $vars): string {
            extract($vars);
            ob_start();
            require \dirname(__DIR__, 2).'/templates/'.$template.'.php';

            return ob_get_clean();
        })();
    }
}
