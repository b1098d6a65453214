package dev.weir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.weir.config.Address;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One request to the admin port at a unix domain socket, which the JDK's HTTP client does not reach. The port closes the
 * connection behind its answer, since it is asked to, and never sends chunks.
 */
final class UnixHttp {
    private UnixHttp() {}

    static AdminClient.Answer ask(Address at, String token, AdminClient.Question question)
            throws IOException, InterruptedException {
        Path path = Path.of(((Address.Unix) at).path());
        if (!Files.exists(path)) {
            throw new ConnectException("there is no such socket");
        }
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            // A channel has no time limit of its own; closing it ends who waits.
            CompletableFuture<byte[]> all = new CompletableFuture<>();
            byte[] request = head(token, question);
            Thread.ofVirtual().start(() -> exchange(channel, request, all));
            return answer(all.get(question.timeout().toSeconds(), TimeUnit.SECONDS));
        } catch (TimeoutException late) {
            throw new IOException("no answer within " + question.timeout().toSeconds() + " s", late);
        } catch (ExecutionException failure) {
            throw new IOException(String.valueOf(failure.getCause()), failure);
        } catch (ConnectException refused) {
            throw refused;
        } catch (SocketException denied) {
            throw new IOException(denied.getMessage(), denied);
        }
    }

    private static byte[] head(String token, AdminClient.Question question) throws IOException {
        byte[] content = question.content().getBytes(UTF_8);
        StringBuilder head = new StringBuilder(question.method())
                .append(' ')
                .append(question.path())
                .append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ")
                .append(content.length)
                .append("\r\n");
        if (!question.contentType().isEmpty()) {
            head.append("Content-Type: ").append(question.contentType()).append("\r\n");
        }
        if (!token.isEmpty()) {
            head.append("Authorization: Bearer ").append(token).append("\r\n");
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(head.append("\r\n").toString().getBytes(ISO_8859_1));
        out.write(content);
        return out.toByteArray();
    }

    private static void exchange(SocketChannel channel, byte[] request, CompletableFuture<byte[]> all) {
        try {
            ByteBuffer left = ByteBuffer.wrap(request);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            all.complete(Channels.newInputStream(channel).readAllBytes());
        } catch (IOException failure) {
            all.completeExceptionally(failure);
        }
    }

    private static AdminClient.Answer answer(byte[] all) throws IOException {
        String text = new String(all, UTF_8);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0 || !text.matches("(?s)HTTP/1\\.1 [0-9]{3} .*")) {
            throw new IOException("what came is no answer");
        }
        return new AdminClient.Answer(Integer.parseInt(text.substring(9, 12)), text.substring(end + 4));
    }
}
