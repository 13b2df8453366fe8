import { describe, expect, it } from 'vitest';
import { type ProxySettings, proxyFor } from './proxy.ts';

const proxy = 'http://proxy.example.org:3128';
const all: ProxySettings = { http_proxy: proxy, HTTP_PROXY: proxy, https_proxy: proxy, HTTPS_PROXY: proxy };
const far = { host: 's3.example.com', port: 443 };

describe('a place on loopback', () => {
  it.each(['127.0.0.1', '127.9.9.9', 'localhost', '::1'])(
    '%s is dialled directly, whatever is set',
    (host) => {
      for (const how of ['http', 'https', 'grpc'] as const)
        expect(proxyFor(all, { host, port: 1 }, how)).toBeNull();
    },
  );

  it('does not mind variables that name no proxy', () => {
    expect(proxyFor({ http_proxy: 'socks5://x' }, { host: 'localhost', port: 1 }, 'http')).toBeNull();
  });
});

describe('another place', () => {
  it.each([
    ['http', { http_proxy: 'http://a:1', HTTP_PROXY: 'http://b:1' }, 'http://a:1/'],
    ['http', { HTTP_PROXY: 'http://b:1' }, 'http://b:1/'],
    ['http', { https_proxy: 'http://a:1' }, undefined],
    ['https', { https_proxy: 'http://a:1', http_proxy: 'http://b:1' }, 'http://a:1/'],
    ['https', { HTTPS_PROXY: 'http://a:1' }, 'http://a:1/'],
    ['https', { http_proxy: 'http://b:1' }, undefined],
    ['grpc', { http_proxy: 'http://b:1', https_proxy: 'http://a:1' }, 'http://a:1/'],
    ['grpc', { HTTP_PROXY: 'http://b:1' }, 'http://b:1/'],
    ['https', { https_proxy: 'proxy:3128' }, 'http://proxy:3128/'],
    ['https', { https_proxy: 'http://me:secret@proxy:3128' }, 'http://me:secret@proxy:3128/'],
    ['https', { https_proxy: '' }, undefined],
  ] as const)('is reached over %s with %j through %s', (how, settings, url) => {
    expect(proxyFor(settings, far, how)?.href).toBe(url);
  });

  it('is an error where the variable names no HTTP proxy, which does not show it', () => {
    const settings = { https_proxy: 'socks5://me:secret@proxy:1' };
    expect(() => proxyFor(settings, far, 'https')).toThrow(
      'https_proxy: expected http://host:port, got a socks5 URL',
    );
    expect(() => proxyFor({ http_proxy: 'http://a b' }, far, 'http')).toThrow(
      'http_proxy: expected http://host:port',
    );
  });
});

describe('no_proxy', () => {
  it('names places that are dialled directly', () => {
    expect(proxyFor({ ...all, no_proxy: 'other.org, .example.com' }, far, 'https')).toBeNull();
    expect(proxyFor({ ...all, no_proxy: 'other.org' }, far, 'https')).not.toBeNull();
  });

  it('is read in capitals where it is not set in small letters', () => {
    expect(proxyFor({ ...all, NO_PROXY: '*' }, far, 'https')).toBeNull();
    expect(proxyFor({ ...all, no_proxy: '', NO_PROXY: '*' }, far, 'https')).not.toBeNull();
  });
});
