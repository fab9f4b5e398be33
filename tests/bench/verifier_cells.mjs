// Runs a verifier of Node.js over a grid of tokens, its clock set to the moment of each; as verifier_cells.py does.
// NODE_MODULES names the folder that the verifiers are installed in.

import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const folder = process.env.NODE_MODULES
const require = createRequire(`${folder}/here.js`)
const version = (name) => JSON.parse(readFileSync(`${folder}/${name}/package.json`)).version
const load = (name) => import(pathToFileURL(require.resolve(name)))

const RealDate = Date
let momentMs = RealDate.now()
globalThis.Date = class extends RealDate {
  constructor(...given) { if (given.length) super(...given); else super(momentMs) }
  static now() { return momentMs }
}

const SECRET = 'k'.repeat(32)
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = publicKey.export({ type: 'spki', format: 'pem' })
const part = (value) => Buffer.from(value).toString('base64url')
const head = (alg) => part(JSON.stringify({ alg, typ: 'JWT', kid: 'k' }))
const withClaims = (claims, more) => `{${JSON.stringify(more).slice(1, -1)}${claims === '{}' ? '' : `,${claims.slice(1, -1)}`}}`
const hs256 = (claims) => {
  const signed = `${head('HS256')}.${part(claims)}`
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}
const rs256 = (claims) => {
  const signed = `${head('RS256')}.${part(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
}
const ISSUER = 'https://i.example.net', AUDIENCE = 'https://a.example.net'

const VERIFIERS = {
  'jsonwebtoken': async () => {
    const jwt = require('jsonwebtoken')
    return ['jsonwebtoken', (claims) => jwt.verify(hs256(claims), SECRET)]
  },
  'jose': async () => {
    const { jwtVerify } = await load('jose')
    const key = new TextEncoder().encode(SECRET)
    return ['jose', (claims) => jwtVerify(hs256(claims), key)]
  },
  'oauth4webapi': async () => {
    const oauth = await load('oauth4webapi')
    const server = { issuer: ISSUER }, client = { client_id: 'c' }
    return ['oauth4webapi', (claims) => oauth.processRefreshTokenResponse(server, client, new Response(JSON.stringify({
      access_token: 'a', token_type: 'bearer', id_token: rs256(withClaims(claims, { iss: ISSUER, aud: 'c', sub: 's' })),
    }), { headers: { 'content-type': 'application/json' } }))]
  },
  'aws-jwt-verify': async () => {
    const { decomposeUnverifiedJwt, validateJwtFields } = require('aws-jwt-verify/jwt')
    return ['aws-jwt-verify', (claims) =>
      validateJwtFields(decomposeUnverifiedJwt(hs256(claims)).payload, { issuer: null, audience: null })]
  },
  'njwt': async () => {
    const njwt = require('njwt')
    return ['njwt', (claims) => njwt.verify(hs256(claims), SECRET)]
  },
  'okta': async () => {
    const Okta = require('@okta/jwt-verifier')
    const okta = new Okta({ issuer: ISSUER })
    okta.verifier.withKeyResolver((kid, done) => done(null, PEM))
    return ['@okta/jwt-verifier', (claims) =>
      okta.verifyAccessToken(rs256(withClaims(claims, { iss: ISSUER, aud: AUDIENCE })), AUDIENCE)]
  },
  'auth0': async () => {
    const { auth } = require('express-oauth2-jwt-bearer')
    const handler = auth({ issuer: ISSUER, audience: AUDIENCE, secret: SECRET, tokenSigningAlg: 'HS256' })
    return ['express-oauth2-jwt-bearer', (claims) => new Promise((accept, refuse) => {
      const token = hs256(withClaims(claims, { iss: ISSUER, aud: AUDIENCE }))
      const request = { headers: { authorization: `Bearer ${token}`, host: 'a.example.net' }, query: {},
        is: () => false, protocol: 'https', method: 'GET', url: '/', originalUrl: '/', app: { get: () => false }, get: () => 'a.example.net' }
      handler(request, {}, (error) => error ? refuse(error) : accept())
    })]
  },
  'google-auth-node': async () => {
    const { OAuth2Client } = require('google-auth-library')
    const client = new OAuth2Client()
    return ['google-auth-library', (claims) =>
      client.verifySignedJwtWithCertsAsync(rs256(withClaims(claims, { iss: ISSUER, aud: AUDIENCE })), { k: PEM }, AUDIENCE)]
  },
}

const asked = JSON.parse(readFileSync(0, 'utf8'))
const [named, verify] = await VERIFIERS[asked.name]()
const accepts = []
for (const [claims, atS] of asked.cells) {
  momentMs = atS * 1000
  try {
    await verify(claims)
    accepts.push(true)
  } catch {
    accepts.push(false)
  }
}
process.stdout.write(JSON.stringify({ version: version(named), accepts }))
