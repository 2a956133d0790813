// Receives Larder's webhooks: checks that they are genuine, drops what came before, and hands each event on once.
//
//	WEBHOOK_SECRET=whsec_… PORT=9000 go run receiver.go        (nothing has to be installed)
//
// The secret is the `whsec_…` that was shown when the webhook was made, or, of one that signs by `v1a`, its public key
// `whpk_…`.
package main

import (
	"cmp"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tolerance  = 5 * time.Minute // that the sender's clock and this one may be apart
	mostBytes  = 1024 * 1024
	remembered = 10_000
)

type Event struct {
	Type      string         `json:"type"`
	Timestamp string         `json:"timestamp"`
	Data      map[string]any `json:"data"`
}

// What is to be done with an event: yours to write. Whoever returns an error is told again later.
func handle(event Event) error {
	return json.NewEncoder(os.Stdout).Encode(event)
}

// Whether these very bytes were signed by who knows the secret, a moment ago.
func verify(secret string, headers http.Header, body []byte) bool {
	id, sent := headers.Get("webhook-id"), headers.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	kind, text, _ := strings.Cut(secret, "_")
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) < 24 {
		return false
	}
	signed := append([]byte(id+"."+sent+"."), body...)
	for _, one := range strings.Split(headers.Get("webhook-signature"), " ") {
		version, text, _ := strings.Cut(one, ",")
		signature, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			continue
		}
		switch {
		case kind == "whsec" && version == "v1":
			right := hmac.New(sha256.New, key)
			right.Write(signed)
			if hmac.Equal(right.Sum(nil), signature) {
				return true
			}
		case kind == "whpk" && version == "v1a" && len(key) == ed25519.PublicKeySize:
			if ed25519.Verify(key, signed, signature) {
				return true
			}
		}
	}
	return false
}

// Ids that were handled, and in which order; who is started anew should find them in a database.
type Seen struct {
	turn  sync.Mutex
	ids   map[string]bool
	order []string
}

func (seen *Seen) once(id string, event Event) error {
	seen.turn.Lock()
	defer seen.turn.Unlock()
	if seen.ids[id] {
		return nil
	}
	if err := handle(event); err != nil {
		return err
	}
	seen.ids[id], seen.order = true, append(seen.order, id)
	if len(seen.order) > remembered {
		delete(seen.ids, seen.order[0])
		seen.order = seen.order[1:]
	}
	return nil
}

func main() {
	secret, seen := os.Getenv("WEBHOOK_SECRET"), &Seen{ids: map[string]bool{}}
	http.HandleFunc("POST /", func(answer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(answer, request.Body, mostBytes))
		if err != nil {
			answer.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		if !verify(secret, request.Header, body) {
			answer.WriteHeader(http.StatusUnauthorized)
			return
		}
		var event Event
		if err = json.Unmarshal(body, &event); err == nil {
			err = seen.once(request.Header.Get("webhook-id"), event)
		}
		if err != nil {
			log.Print(err)
			answer.WriteHeader(http.StatusInternalServerError)
			return
		}
		answer.WriteHeader(http.StatusNoContent)
	})
	address := net.JoinHostPort(cmp.Or(os.Getenv("HOST"), "127.0.0.1"), cmp.Or(os.Getenv("PORT"), "9000"))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "listening on http://%s\n", listener.Addr())
	server := &http.Server{ReadTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}
