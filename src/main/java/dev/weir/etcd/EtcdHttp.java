package dev.weir.etcd;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URL;
import java.time.Duration;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Posts to one member of etcd. By Java's old client of HTTP: the gateway ends its refusals with a trailer, which the new
 * one does not read in HTTP/1.1. On a virtual thread an interrupt closes the connection and so ends any wait.
 */
final class EtcdHttp {
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final int LONGEST_ANSWER = 64 << 20;
    /** Codes of gRPC. */
    private static final int DEADLINE_EXCEEDED = 4;

    private static final int UNAVAILABLE = 14;

    private final @Nullable SSLSocketFactory sockets;

    /** With the sockets for https, where it is used. */
    EtcdHttp(@Nullable SSLSocketFactory sockets) {
        this.sockets = sockets;
    }

    /**
     * The body of an answer that is a success.
     *
     * @param token empty for none
     * @param most how long may pass without a byte; zero for ever, once there is an answer
     */
    InputStream post(String endpoint, String path, byte[] body, String token, Duration most)
            throws IOException, InterruptedException {
        try {
            HttpURLConnection connection = connection(endpoint + path, most);
            if (!token.isEmpty()) {
                connection.setRequestProperty("Authorization", token);
            }
            connection.setFixedLengthStreamingMode(body.length); // so that it is never sent twice
            connect(endpoint, connection);
            try (var out = connection.getOutputStream()) {
                out.write(body);
            }
            if (connection.getResponseCode() == HttpURLConnection.HTTP_OK) {
                return connection.getInputStream();
            }
            try (InputStream refusal = connection.getErrorStream()) {
                String text = refusal == null ? "" : new String(whole(refusal), UTF_8);
                throw refusal(connection.getResponseCode(), text);
            }
        } catch (EtcdFailure refused) {
            throw refused;
        } catch (IOException failure) {
            throw failure(EtcdFailure.Kind.UNANSWERED, endpoint, failure);
        }
    }

    private static void connect(String endpoint, HttpURLConnection connection)
            throws IOException, InterruptedException {
        try {
            connection.connect();
        } catch (IOException failure) {
            throw failure(EtcdFailure.Kind.UNREACHABLE, endpoint, failure);
        }
    }

    private HttpURLConnection connection(String address, Duration most) throws IOException {
        URL url = URI.create(address).toURL();
        HttpURLConnection connection = (HttpURLConnection) url.openConnection(Proxy.NO_PROXY);
        if (connection instanceof HttpsURLConnection secure && sockets != null) {
            secure.setSSLSocketFactory(sockets);
        }
        connection.setConnectTimeout((int) CONNECT.toMillis());
        connection.setReadTimeout((int) most.toMillis());
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", "application/json");
        // A watch is given up by a member that has lost its leader, rather than be silent.
        connection.setRequestProperty("Grpc-Metadata-Hasleader", "true");
        return connection;
    }

    private static EtcdFailure failure(EtcdFailure.Kind kind, String endpoint, IOException failure)
            throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (failure instanceof SocketTimeoutException || failure instanceof InterruptedIOException) {
            return new EtcdFailure(kind, endpoint + " does not answer", failure);
        }
        String why = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return new EtcdFailure(kind, endpoint + " cannot be reached (" + why + ")", failure);
    }

    static byte[] whole(InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(LONGEST_ANSWER + 1);
        if (bytes.length > LONGEST_ANSWER) {
            throw new IOException("the answer is longer than " + LONGEST_ANSWER + " bytes");
        }
        return bytes;
    }

    private static EtcdFailure refusal(int status, String text) {
        String said = "status " + status;
        int code = 0;
        try {
            JsonNode answer = EtcdClient.JSON.readTree(text);
            said = answer.path("error").asString(said);
            code = answer.path("code").asInt(0);
        } catch (JacksonException notOfEtcd) {
            // Some other server, of which only the status is of interest.
        }
        EtcdFailure.Kind kind = EtcdFailure.Kind.REFUSED;
        // Java's client keeps the body of a 401 from us: its status is all there is.
        if (status == HttpURLConnection.HTTP_UNAUTHORIZED || said.contains("revision of auth store is old")) {
            kind = EtcdFailure.Kind.NOT_LOGGED_IN;
        } else if (code == DEADLINE_EXCEEDED || code == UNAVAILABLE || status > HttpURLConnection.HTTP_INTERNAL_ERROR) {
            kind = EtcdFailure.Kind.UNANSWERED;
        }
        return new EtcdFailure(kind, "etcd says '" + said + "'");
    }
}
